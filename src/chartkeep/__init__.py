"""Chartkeep keeps patients' charts so that a theft cannot become a catastrophe."""
