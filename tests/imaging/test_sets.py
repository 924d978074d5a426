"""The sets of pictures are what they say."""

from io import BytesIO

import pydicom
import pytest

from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.facts import read_facts, read_subject
from tests.imaging import sets


@pytest.mark.parametrize(
    ("made", "size"), [(sets.small, 39_000), (sets.large, 526_000), (sets.huge, 7_200_000)]
)
def test_a_picture_of_a_set_is_its_patients_and_has_its_size(made, size: int) -> None:  # noqa: ANN001
    each = list(made(3, 2))[2]
    head = read_head(each.data)
    facts, subject = read_facts(head), read_subject(head)
    assert (facts.study, facts.series, facts.instance) == each[2:5]
    assert (facts.day.replace("-", ""), facts.accession, facts.modality) == each[5:]
    assert subject.numbers == ((sets.ISSUER, each.person.number),)
    assert subject.names == (f"{each.person.family} {each.person.given}",)
    assert subject.birth_date == each.person.birth_date
    assert abs(len(each.data) - size) < size / 20
    assert pydicom.dcmread(BytesIO(each.data)).file_meta.MediaStorageSOPInstanceUID == each.instance


def test_many_studies_have_a_hundred_of_each_day_and_modality() -> None:
    found: dict[tuple[str, str], int] = {}
    uids = set()
    for each in sets.many():
        assert read_facts(read_head(each.data)).modality == each.modality
        found[each.day, each.modality] = found.get((each.day, each.modality), 0) + 1
        uids.add(each.study)
    assert set(found.values()) == {100}
    assert len(uids) == 2_000
