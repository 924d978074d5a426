"""`chartkeep search`: find a patient; shows faces, and counts as faces."""

from typing import Annotated

import typer
from rich.table import Table

from chartkeep.cli.options import HomeOption, console, read_purpose, show_name
from chartkeep.cli.sessions import kept_session
from chartkeep.clinical.keywords import Query
from chartkeep.custody.house import House
from chartkeep.custody.release import Face, Look, find_patients
from chartkeep.errors import NotFoundError, RefusedError
from chartkeep.model import ChartId, Purpose, Section, to_id, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


def search(
    home: HomeOption,
    name: Annotated[str, typer.Option(help="Beginnings of names, in any order and script.")] = "",
    birthdate: Annotated[str, typer.Option(help="1956-08-03, 1956-08, 1956 or 195.")] = "",
    identifier: Annotated[str, typer.Option(help="A number, or system|number.")] = "",
    phone: Annotated[str, typer.Option(help="A phone number in any notation.")] = "",
    purpose: Annotated[str, typer.Option(help="TREAT, or BTG in an emergency.")] = "TREAT",
    reason: Annotated[str, typer.Option(help="In words; break-glass needs it.")] = "",
) -> None:
    """Find patients by name, birth date, number or phone."""
    kept = kept_session()
    house = join(Home(home), kept.instance)
    query = Query(name, birthdate, identifier, phone)
    token, faces = bytes.fromhex(kept.token), frozenset({Section.FACE})
    look = Look(token, faces, read_purpose(purpose), reason)
    show_faces(find_patients(query, look, house))


def face_look(token: bytes) -> Look:
    """Look at faces, for treatment."""
    return Look(token, frozenset({Section.FACE}), Purpose.TREATMENT)


def find_chart(patient: str, token: bytes, house: House) -> ChartId:
    """Read a chart's id, or find the one patient with that number."""
    try:
        return ChartId(to_id(patient))
    except ValueError:
        faces = find_patients(Query(identifier=patient), face_look(token), house)
    if not faces:
        raise NotFoundError("no patient has that number", hint="chartkeep search --name …")
    if len(faces) > 1:
        raise RefusedError("several patients have that number", hint="write it as system|number")
    return faces[0].chart


def show_faces(faces: list[Face]) -> None:
    """Print a list of patients."""
    if not faces:
        console.print("nobody found")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("chart", "name", "born", "sex", "ward", "bed"):
        table.add_column(column, no_wrap=column == "chart", min_width=36 * (column == "chart"))
    for face in faces:
        place = (face.place.ward, face.place.bed) if face.place else ("", "")
        person = face.person
        table.add_row(
            to_text(face.chart), show_name(person), person.birth_date, person.gender, *place
        )
    console.print(table)
