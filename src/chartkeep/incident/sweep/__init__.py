"""Sweep: which files on shares and disks hold which patients, found before a thief does."""
