"""The keyholder: no key leaves it before the line about it is durable."""
