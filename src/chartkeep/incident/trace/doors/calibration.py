"""What a site measured of its own naming: the bar it asks for, and how often it would be wrong."""

import msgspec

NULLS, PLANTED = 1_000, 300
"""So many leaks without and with a guilty door make a calibration; with fewer nobody is named."""
WORST = 0.01
"""The false-naming rate, bounded from above at 95 %, beyond which nobody is named."""


class Calibration(msgspec.Struct, frozen=True):
    """`bar`: nats asked beyond what arithmetic asks; `bound`: the false-naming rate's upper bound.

    `named_falsely` is counted over all, at this bar. `power`: by number of rows, planted leaks and
    how many were named rightly.
    """

    bar: float
    bound: float
    nulls: int
    planted: int
    named_falsely: int
    power: tuple[tuple[int, int, int], ...]

    @property
    def holds(self) -> bool:
        """Say whether a site so calibrated may name."""
        return self.nulls >= NULLS and self.planted >= PLANTED and self.bound <= WORST

    def words(self) -> str:
        """Write it as it is printed under every answer."""
        if not self.nulls + self.planted:
            return "this site's own log holds too little to try the naming on: nobody is named"
        power = ", ".join(f"{right} of {count} at {rows} rows" for rows, count, right in self.power)
        return (
            f"on this site's own log {self.named_falsely} of {self.nulls + self.planted} leaks of "
            f"known origin were put to a wrong person's name, so at most {self.bound:.2%} "
            f"(95 % sure); named rightly: {power or 'none tried'}"
        )


UNCALIBRATED = Calibration(0.0, 1.0, 0, 0, 0, ())
