"""The Okayama drill's shared folder: meeting documents in clear, as they lie beside every system.

Police found what had left Okayama in such a folder. Which of its files hold whom is known here, and
what the desk's sweep says is held against it.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chartkeep.custody.release import Face
from chartkeep.incident.sweep.finding import Swept, total

EACH = 4
"""Patients of one meeting."""
BROKEN = "minutes-2019.zip"


class Share(NamedTuple):
    """A shared folder, and which charts each of its files is about."""

    folder: Path
    truth: dict[str, frozenset[bytes]]

    def is_exactly(self, found: Sequence[Swept]) -> bool:
        """Say whether a sweep found these patients in these files, and named what it cannot read.

        The broken archive is named; nobody is found in a document that names nobody.
        """
        told = {each.path: frozenset(one.chart for one in each.sure) for each in found}
        lost = {Path(each.path).name for each in found if each.lost}
        return {path: told.get(path) for path in self.truth} == self.truth and lost == {BROKEN}


def write_share(folder: Path, faces: Sequence[Face]) -> Share:
    """Write meeting documents about patients: minutes, lists, and a file nobody can open."""
    folder.mkdir(parents=True)
    truth: dict[str, frozenset[bytes]] = {}
    for number, at in enumerate(range(0, len(faces), EACH)):
        some = faces[at : at + EACH]
        rows = [_row(each) for each in some]
        path = folder / f"case-conference-{number + 1:02}.{'csv' if number % 2 else 'txt'}"
        if number % 2:
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([("name", "born", "number"), *rows])
        else:
            words = [f"- {name}, born {born}, No. {ident}: goes on" for name, born, ident in rows]
            path.write_text("Case conference\n\n" + "\n".join(words) + "\n", encoding="utf-8")
        truth[str(path)] = frozenset(bytes(each.chart) for each in some)
    menu = folder / "menu.txt"
    menu.write_text("Monday: rice, fish, soup\nTuesday: noodles\n")
    truth[str(menu)] = frozenset()
    (folder / BROKEN).write_bytes(b"PK\x03\x04" + bytes(200))
    return Share(folder, truth)


def tell_swept(found: list[Swept]) -> str:
    """Say what a sweep found."""
    told = total(found)
    return (
        f"{told.holding} of {told.files} documents hold {len(told.patients)} patients, "
        f"{told.unread} cannot be read and is named"
    )


def _row(face: Face) -> tuple[str, str, str]:
    person = face.person
    name = person.names[0]
    whole = name.text or " ".join((*name.given, name.family))
    return whole, person.birth_date, person.identifiers[0].value
