"""Fingerprints: one key for the many ways a person's data are written, and keyed tokens of it."""
