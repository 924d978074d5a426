"""Desks for the worst day: questions asked of what already happened."""
