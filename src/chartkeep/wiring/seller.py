"""What a seller makes of stolen files: a sample that looks like nobody's table.

Columns are renamed and shuffled, rows too, some values spelt differently; a few pictures beside it.
"""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chartkeep.inventor.chance import chance_for

Resource = Mapping[str, Any]
COLUMNS = ("No RM", "NIK", "NAMA LENGKAP", "TGL LAHIR", "JK", "NO HP", "ALAMAT", "KOTA", "HASIL")


def post_sample(
    patients: Sequence[Resource], results: Sequence[Resource], pictures: Sequence[bytes], to: Path
) -> Path:
    """Write the sample as a seller posts it: a CSV of a row a patient, and pictures; gives it."""
    chance = chance_for(2022, "sample")
    newest = {each["subject"]["reference"].removeprefix("Patient/"): each for each in results}
    rows = [_row(each, newest.get(each["id"])) for each in patients]
    order = chance.sample(range(len(COLUMNS)), len(COLUMNS))
    chance.shuffle(rows)
    to.mkdir(parents=True)
    path = to / "sample_pasien.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        written = csv.writer(file, delimiter=";")
        written.writerow([COLUMNS[at] for at in order])
        written.writerows([[row[at] for at in order] for row in rows])
    for at, picture in enumerate(pictures):
        (to / f"IMG_{at:04}").write_bytes(picture)
    return path


def _row(patient: Resource, result: Resource | None) -> list[str]:
    numbers = [each["value"] for each in patient.get("identifier", ())][:2]
    name = patient["name"][0]
    address: Resource = next(iter(patient.get("address", ())), {})
    phone = next((t["value"] for t in patient.get("telecom", ()) if t["system"] == "phone"), "")
    born = "/".join(reversed(patient.get("birthDate", "").split("-")))
    return [
        *numbers, *[""] * (2 - len(numbers)), name.get("text", "").upper(), born,
        patient.get("gender", "")[:1].upper(), phone.replace("+62 ", "0").replace("-", ""),
        " ".join(address.get("line", ())), address.get("city", ""), _result(result),
    ]  # fmt: skip


def _result(result: Resource | None) -> str:
    value = (result or {}).get("valueQuantity")
    if result is None or not value:
        return ""
    return f"{value['value']} {value.get('unit', '')} {result.get('effectiveDateTime', '')}"
