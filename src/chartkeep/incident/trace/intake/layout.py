"""How a table lies in text: what parts its columns, and whether its first row names them. Pure."""

import re
from collections import Counter
from collections.abc import Sequence

DELIMITERS = ",;\t|^~\x01\x1f"
_QUOTED = re.compile(r'"[^"]*"')
_VALUE = re.compile(r"\d{3,}|^\d+([.,]\d+)?$|\d{1,2}[-/.]\d{1,2}|@.+\.")


def delimiter_of(lines: Sequence[str], name: str = "") -> str:
    """Find the character that parts most lines into equally many columns; "" if it is no table.

    `name`: the file's; one that says it is a table is believed sooner.
    """
    lines = [line for line in lines if line.strip()]
    said = name.lower().endswith((".csv", ".tsv", ".tab", ".psv"))
    best, delimiter = 0.0, ""
    bare = [_QUOTED.sub("", line) for line in lines]
    for candidate in DELIMITERS:
        if not said and _is_punctuation(candidate, bare):
            continue
        (count, often), *_ = Counter(line.count(candidate) for line in bare if line).most_common(
            1
        ) or [(0, 0)]
        share = often / max(len(bare), 1)
        needed = 0.3 if said else 0.9 if count == 1 else 0.6
        if count and share >= needed and (said or len(bare) > 1 or count > 2):
            rank = share + min(count, 20) / 40
            if rank > best:
                best, delimiter = rank, candidate
    return delimiter


def _is_punctuation(sign: str, lines: Sequence[str]) -> bool:
    """Say whether a sign stands as in sentences: a blank behind it, nine times in ten."""
    there = sum(line.count(sign) for line in lines)
    return sign in ",;" and 10 * sum(line.count(f"{sign} ") for line in lines) > 9 * there


def columns_of(first: Sequence[str], others: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Name the columns by the first row, or return () if that is a row like the others."""
    cells = [cell.strip() for cell in first]
    filled = [cell for cell in cells if cell]
    if not filled or any(_VALUE.search(cell) for cell in filled):
        return ()
    if len(set(filled)) < len(filled) or 2 * len(filled) < len(cells):
        return ()
    below = {cell.strip() for row in others for cell in row}
    return () if below & set(filled) else tuple(cells)
