"""A case: one incident as a book that only grows, its evidence, and what outsiders get of it."""
