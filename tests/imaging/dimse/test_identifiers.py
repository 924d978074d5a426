"""Identifiers are read and written as `pydicom` reads and writes them."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from chartkeep.errors import BadInputError
from chartkeep.imaging.dimse.identifiers import choose, keys_of, read_row, write_row
from chartkeep.imaging.matching import Key

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"


def asked() -> Dataset:
    found = Dataset()
    found.QueryRetrieveLevel = "STUDY"
    found.PatientName = "Mori*"
    found.PatientID = ""
    found.StudyDate = "20261101-20261122"
    found.ModalitiesInStudy = ["CT", "MR"]
    found.NumberOfStudyRelatedInstances = 7
    found.Rows = 512
    step = Dataset()
    step.Modality = "CT"
    found.ScheduledProcedureStepSequence = [step]
    return found


def write(dataset: Dataset, syntax: str) -> bytes:
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = syntax == IMPLICIT, True
    write_dataset(out, dataset)
    return out.getvalue()


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
def test_a_query_is_its_keys_in_both_encodings(syntax: str) -> None:
    keys = keys_of(read_row(write(asked(), syntax), syntax))
    assert Key(("00100010",), "Mori*") in keys
    assert Key(("00100020",), "") in keys
    assert Key(("00080061",), "CT\\MR") in keys
    assert Key(("00400100", "00080060"), "CT") in keys
    assert "00080052" not in {key.tag for key in keys}


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT])
@pytest.mark.parametrize("name", ["Mori^Aiko", "Müller^Jörg", "Mori^Aiko=森^愛子=もり^あいこ"])
def test_a_row_is_written_in_the_smallest_set_that_spells_it(syntax: str, name: str) -> None:
    said = asked()
    said.PatientName = name
    row = read_row(write(asked(), syntax), syntax)
    parts = ("Alphabetic", "Ideographic", "Phonetic")
    spelled = dict(zip(parts, name.split("="), strict=False))
    row["00100010"] = {"vr": "PN", "Value": [spelled]}
    raw = write_row(row, syntax)
    read = read_dataset(io.BytesIO(raw), syntax == IMPLICIT, True)
    sets = {"Mori^Aiko": None, "Müller^Jörg": "ISO_IR 100"}
    assert read.get("SpecificCharacterSet") == sets.get(name, "ISO_IR 192")
    assert read.PatientName == name
    assert read.ModalitiesInStudy == ["CT", "MR"]
    assert read.NumberOfStudyRelatedInstances == 7
    assert read.Rows == 512
    assert read.ScheduledProcedureStepSequence[0].Modality == "CT"


def test_an_answer_has_what_was_asked_for_and_nothing_else() -> None:
    row = {
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Mori^Aiko"}]},
        "00100040": {"vr": "CS", "Value": ["F"]},
        "00400100": {
            "vr": "SQ",
            "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}, "00400001": {"vr": "AE"}}],
        },
    }
    chosen = choose(row, read_row(write(asked(), EXPLICIT), EXPLICIT))
    assert chosen["00100010"] == row["00100010"]
    assert chosen["00100020"]["Value"] == []
    assert "00100040" not in chosen
    assert chosen["00400100"]["Value"] == [{"00080060": {"vr": "CS", "Value": ["CT"]}}]


@pytest.mark.attack
@given(st.binary(max_size=300), st.sampled_from([EXPLICIT, IMPLICIT]))
def test_any_bytes_are_a_row_or_bad_input(raw: bytes, syntax: str) -> None:
    try:
        row = read_row(raw, syntax)
    except BadInputError:
        return
    keys_of(row)


@pytest.mark.attack
def test_sequences_in_sequences_are_refused_before_they_cost_anything() -> None:
    deep = b""
    for _ in range(2_000):
        item = b"\xfe\xff\x00\xe0" + len(deep).to_bytes(4, "little") + deep
        deep = b"\x40\x00\x00\x01" + len(item).to_bytes(4, "little") + item
    with pytest.raises(BadInputError):
        read_row(deep, IMPLICIT)
