"""The witness: another organisation's small program that remembers how long a ledger was."""
