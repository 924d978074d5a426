"""The lock prober: no place is trusted with segments before every way to destroy one was tried."""
