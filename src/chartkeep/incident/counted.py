"""Counts in words."""


def many(count: int, one: str, more: str = "") -> str:
    """Count things for people: 1 chart, 2 charts; `more` where an s is not enough."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
