"""Studies of pictures as ImagingStudy: what the manifests say, in the shape R4 asks for."""

from dataclasses import dataclass

import orjson

from chartkeep.clinical.imaging_study import Manifest, imaging_studies, read_manifest
from chartkeep.clinical.schema import check_resource
from chartkeep.clinical.studies import Study
from chartkeep.errors import BadInputError
from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.facts import read_facts
from chartkeep.imaging.instance import describe, encode_instance
from tests.imaging.corpus import own, pydicom_files
from tests.imaging.sets import person, picture


@dataclass
class Taken:
    studies: list[tuple[str, Study]]
    manifests: list[Manifest]


def taken(*files: bytes) -> Taken:
    """Entries as the imaging door makes them."""
    found = Taken([], [])
    for number, data in enumerate(files):
        head = read_head(data)
        facts = read_facts(head)
        raw = encode_instance(describe(head, facts, bytes(32)))
        found.manifests.append(read_manifest(raw))
        study = Study(facts.study, facts.modality, facts.day, facts.time, facts.accession,
                      facts.description)  # fmt: skip
        found.studies.append((f"id-{number}", study))
    return found


def shown(*files: bytes) -> list[dict]:
    found = taken(*files)
    made = imaging_studies(found.studies, found.manifests, "Patient/1")
    for body in made:
        check_resource("ImagingStudy", body, orjson.dumps(body))
    return made


def test_a_study_says_its_series_and_instances_in_order() -> None:
    aiko = person(1)
    files = [picture("S", aiko, "2.25.7", 1, number).data for number in (3, 1, 2)]
    (body,) = shown(*files, picture("Q", aiko, "2.25.7", 2, 1).data)
    assert (body["numberOfSeries"], body["numberOfInstances"]) == (2, 4)
    (ct,) = [each for each in body["series"] if each["modality"]["code"] == "CT"]
    assert [each["number"] for each in ct["instance"]] == [1, 2, 3]
    assert body["identifier"][0] == {"system": "urn:dicom:uid", "value": "urn:oid:2.25.7"}
    assert body["identifier"][1]["value"] == "A0000001"
    assert (body["started"], body["subject"]) == ("2026-11-01", {"reference": "Patient/1"})
    assert body["id"] == "id-0"
    assert [each["code"] for each in body["modality"]] == ["CT", "MR"]


def test_an_entry_without_instances_is_no_study() -> None:
    assert imaging_studies([("a", Study("2.25.1", "CT"))], [], "Patient/1") == []


def test_descriptions_are_shown_as_one_line() -> None:
    (body,) = shown(own("CT_small.dcm"))
    assert body["description"] == "e+1"


def test_every_file_that_is_an_instance_makes_a_resource_of_the_right_shape() -> None:
    made = 0
    for path in pydicom_files():
        try:
            taken(path.read_bytes())
        except BadInputError:  # no instance
            continue
        (body,) = shown(path.read_bytes())
        made += body["numberOfInstances"]
    assert made > 120
