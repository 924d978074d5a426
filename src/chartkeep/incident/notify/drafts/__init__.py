"""Drafts for the authority, the cyber agency, the police and the press, filled from a case."""
