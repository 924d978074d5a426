"""Questions that take long, asked of the desk from any door, and what becomes of them."""
