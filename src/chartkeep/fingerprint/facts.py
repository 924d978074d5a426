"""Results: a value and the minute it was measured, in one spelling."""

LONGEST = 32
"""Signs of a value; of digits of a measurement behind the sixth nobody knows anything."""


def fact(value: str, minute: str) -> str:
    """Write a result's value and minute as one; empty for what is no number.

    `5.50` and `5,5` are the same value. `minute` is `YYYY-MM-DDTHH:MM`.
    """
    if len(value) > LONGEST:
        return ""
    try:
        number = float(value.strip().replace(",", "."))
    except ValueError:
        return ""
    return f"{number:.6g}|{minute}" if abs(number) < float("inf") else ""
