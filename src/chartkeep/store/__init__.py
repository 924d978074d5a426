"""The store: holds sealed bytes, can open none of them."""
