"""Destructive acts with root on the primary, and what is left afterwards.

Each act is a function of a `Day`: a ward that writes, a store with its guard, a witness, a vault
elsewhere that pulls. Its docstring is its line in the table. What must hold after each of them
stands in one place, `judging.judge`.
"""
