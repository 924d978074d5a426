"""Paper entered back: what a line says, what the chart says against it, what is filed of it."""
