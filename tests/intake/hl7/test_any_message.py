"""Whatever comes, it is read or refused, in bounded time and without a word of what it says."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.errors import BadInputError
from chartkeep.intake.hl7.reading import read_header, read_message
from tests.intake.hl7.any_message import feed
from tests.intake.hl7.messages import adt, msh, obr, obx, oru
from tests.intake.hl7.samples import SAMPLES

WHOLE = sorted(SAMPLES.values())
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40)


@given(st.sampled_from(WHOLE), st.data())
@settings(max_examples=300, deadline=None)
def test_a_message_with_any_field_changed_is_read_or_refused(
    raw: bytes, data: st.DataObject
) -> None:
    fields = raw.split(b"|")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(fields) - 1))
        fields[at] = data.draw(
            st.one_of(
                st.binary(max_size=30), st.sampled_from([b'""', b"^^^", b"~~", b"&&&", b"\\X0\\"]),
                TEXTS.map(str.encode), st.sampled_from(fields),
            )
        )  # fmt: skip
    feed(b"|".join(fields))


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    feed(b"MSH|^~\\&|" + raw)


@given(TEXTS)
@settings(deadline=None)
def test_what_is_escaped_is_read_as_it_was_meant(text: str) -> None:
    marks = {"\\": "E", "|": "F", "^": "S", "&": "T", "~": "R"}
    escaped = "".join(f"\\{marks[sign]}\\" if sign in marks else sign for sign in text)
    raw = f"{msh('ORU^R01')}\rOBX|1|ST|||{escaped or ' '}\r".encode()
    message = read_message(raw, read_header(raw))
    assert message.segments[1].text(5) == ("" if text == '""' else text.strip())


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("", "utf-8"), ("UNICODE UTF-8", "utf-8"), ("~ISO IR87", "iso2022_jp"),
        ("ISO IR6~ISO IR87", "iso2022_jp"), ("GB 18030-2000", "gb18030"), ("", "cp932"),
        ("", "iso2022_jp"),
    ],
)  # fmt: skip
def test_names_are_read_in_the_characters_the_sender_writes(charset: str, codec: str) -> None:
    line = msh("ADT^A28").replace("UNICODE UTF-8", charset)
    raw = f"{line}\rPID|1||1||山田^太郎~ヤマダ^タロウ\r".encode(codec)
    pid = read_message(raw, read_header(raw)).only("PID")
    assert [(v.text(1), v.text(2)) for v in pid.values(5)] == [
        ("山田", "太郎"),
        ("ヤマダ", "タロウ"),
    ]


def test_latin_names_without_a_named_charset_are_read() -> None:
    raw = f"{msh('ADT^A28').replace('UNICODE UTF-8', '8859/1')}\rPID|1||1||GRÜN^ZOË\r".encode(
        "latin-1"
    )
    assert read_message(raw, read_header(raw)).only("PID").text(5, 2) == "ZOË"


def test_characters_that_are_not_what_is_named_are_refused_and_never_replaced() -> None:
    raw = f"{msh('ADT^A28').replace('UNICODE UTF-8', 'ASCII')}\rPID|1||1||".encode() + b"\xff\xfe\r"
    with pytest.raises(BadInputError, match="MSH-18"):
        read_message(raw, read_header(raw))


@pytest.mark.attack
@pytest.mark.parametrize(
    "raw",
    [
        oru(obr(), *[obx(_4=str(at)) for at in range(6_000)]),
        oru(obr(), obx(_5="~" * 200_000)),
        oru(obr(), obx(_5="\\X" + "41" * 500_000 + "\\")),
        oru(obr(), obx(_5="\\" * 500_000)),
        adt("A01", "NK1|" + "^" * 500_000),
        b"MSH|^~\\&|" + b"\r" * 500_000,
        b"MSH|^~\\&" + b"|" * 500_000,
        oru(obr(_7="9" * 100_000)),
        oru(obr(), obx(_5="1" * 100_000)),
    ],
    ids=["segments", "repeats", "hex", "escapes", "parts", "lines", "fields", "time", "number"],
)
def test_a_hostile_message_costs_little(raw: bytes) -> None:
    began = time.process_time()
    feed(raw)
    assert time.process_time() - began < 3
