"""The vault: pulls what a house has, proves it, and keeps it where nothing overwrites it."""
