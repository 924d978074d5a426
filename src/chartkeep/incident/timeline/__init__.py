"""How it happened: one timeline of all sources, the first foreign act, and its door, or "unknown".

`logs` reads what other machines wrote, `ours` what the house wrote, `clocks` says how wrong each
source's clock is, `merged` puts all in one order, `cause` proposes, `export` hands it out, signed.
"""
