"""Zones by their names, as questions carry them."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chartkeep.errors import BadInputError


def zone_of(name: str) -> ZoneInfo:
    """Give a zone. Raises BadInputError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInputError(f"no such zone: {name}", hint="Asia/Tokyo") from error
