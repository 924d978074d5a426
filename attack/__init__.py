"""`make attack`: every test in which an intruder tries to break a promise, as a table."""
