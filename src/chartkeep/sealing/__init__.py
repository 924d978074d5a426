"""Keys and seals: the only part that imports `cryptography`."""
