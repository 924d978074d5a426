"""Whose data, of any mix of suspects, from columns read off the ledger: figures in seconds."""
