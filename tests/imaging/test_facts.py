"""What is read in a head: names in every script, numbers and their issuers, days."""

import pytest

from chartkeep.errors import BadInputError
from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.facts import Subject, read_facts, read_pixels, read_subject
from chartkeep.inventor.dicom import Elements, write_elements, write_file
from tests.imaging.corpus import own

NAMES: Elements = {
    0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.2"), 0x00080018: ("UI", "2.25.3"),
    0x0020000D: ("UI", "2.25.1"), 0x0020000E: ("UI", "2.25.2"),
}  # fmt: skip


def head_with(elements: Elements):  # noqa: ANN201 - Head
    return read_head(write_file({**NAMES, **elements}, "1.2.840.10008.1.2.1"))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("chrH31.dcm", ("Yamada Tarou", "山田 太郎", "やまだ たろう")),
        ("chrH32.dcm", ("ﾔﾏﾀﾞ ﾀﾛｳ", "山田 太郎", "やまだ たろう")),
        ("chrArab.dcm", ("قباني لنزار",)),
        ("chrGreek.dcm", ("Διονυσιος",)),
        ("chrHbrw.dcm", ("שרון דבורה",)),
        ("chrI2.dcm", ("Hong Gildong", "洪 吉洞", "홍 길동")),
        ("chrRuss.dcm", ("Люкceмбypг",)),  # noqa: RUF001
        ("chrX1.dcm", ("Wang XiaoDong", "王 小東")),
        ("chrX2.dcm", ("Wang XiaoDong", "王 小东")),
        ("chrFrenMulti.dcm", ("Buc Jérôme",)),
        ("chrKoreanMulti.dcm", ("김희중",)),
    ],
)
def test_a_name_is_read_in_every_script(name: str, names: tuple[str, ...]) -> None:
    assert read_subject(read_head(own(name))).names == names


def test_a_number_comes_with_who_gave_it() -> None:
    other: Elements = {0x00100020: ("LO", "N-9"), 0x00100021: ("LO", "NATIONAL")}
    head = head_with({
        0x00100020: ("LO", "4711"), 0x00100021: ("LO", "MINATO"),
        0x00100030: ("DA", "19560803"), 0x00101002: ("SQ", [other, {0x00100020: ("LO", "L-1")}]),
    })  # fmt: skip
    numbers = (("MINATO", "4711"), ("NATIONAL", "N-9"), ("", "L-1"))
    assert read_subject(head) == Subject(numbers, (), "1956-08-03")


def test_the_issuers_oid_is_taken_where_only_that_is_sent() -> None:
    qualifier: Elements = {0x00400032: ("UT", "1.2.36.146"), 0x00400033: ("CS", "ISO")}
    head = head_with({0x00100020: ("LO", "4711"), 0x00100024: ("SQ", [qualifier])})
    assert read_subject(head).numbers == (("1.2.36.146", "4711"),)


def test_day_time_and_accession_are_read_and_what_is_none_is_empty() -> None:
    facts = read_facts(head_with({
        0x00080020: ("DA", "20261122"), 0x00080030: ("TM", "0815"), 0x00080050: ("SH", "A-17"),
        0x00080060: ("CS", "CT"),
    }))  # fmt: skip
    assert facts[4:9] == ("CT", "2026-11-22", "08:15:00", "A-17", False)
    odd = read_facts(head_with({0x00080020: ("DA", "today"), 0x00080060: ("CS", "<b>")}))
    assert (odd.day, odd.modality) == ("", "OT")


def test_a_code_of_confidentiality_restricts_and_other_words_are_not_guessed_at() -> None:
    assert read_facts(head_with({0x00403001: ("LO", "R")})).restricted
    assert not read_facts(head_with({0x00403001: ("LO", "Reduced dose")})).restricted


@pytest.mark.parametrize("tag", sorted(NAMES))
@pytest.mark.parametrize("value", ["", "1.2.x", "../etc", "1." * 40 + "1"])
def test_an_instance_without_a_true_uid_is_refused_by_the_element(tag: int, value: str) -> None:
    elements = write_elements({**NAMES, tag: ("UI", value)})
    with pytest.raises(BadInputError) as refused:
        read_facts(read_head(elements, "1.2.840.10008.1.2.1"))
    assert f"({tag >> 16:04X},{tag & 0xFFFF:04X})" in str(refused.value)


@pytest.mark.attack
def test_numbers_without_end_are_cut_and_a_charset_nobody_knows_is_read_anyway() -> None:
    many = [{0x00100020: ("LO", f"N{n}")} for n in range(500)]
    head = head_with({
        0x00080005: ("CS", "\\ISO 9999 IR\\\\ISO_IR 192"),
        0x00100010: ("PN", b"\x1b$)C\xff^\x1b\xfe"),
        0x00101002: ("SQ", many),
    })  # fmt: skip
    subject = read_subject(head)
    assert len(subject.numbers) == 20
    assert len(subject.names) == 1


def test_the_size_of_frames_counts_samples_bits_and_shared_colour() -> None:
    head = head_with({
        0x00280002: ("US", 3), 0x00280004: ("CS", "YBR_FULL_422"), 0x00280008: ("IS", "7"),
        0x00280010: ("US", 4), 0x00280011: ("US", 6), 0x00280100: ("US", 8),
    })  # fmt: skip
    assert read_pixels(head) == (7, 4 * 6 * 2 * 8)
