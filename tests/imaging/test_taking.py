"""The road in for DICOM: placed, kept as it came, counted once, or put aside."""

import hashlib
import threading
from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.keywords import study_query
from chartkeep.clinical.studies import STUDY_FACE_KIND, StudyRow, join_rows, read_row
from chartkeep.custody.clearing import inbox_look, list_inbox, take_out
from chartkeep.custody.deposit import Parcel, Receipt
from chartkeep.custody.house import House
from chartkeep.custody.placing import Why
from chartkeep.errors import BadInputError, ConflictError, UnavailableError
from chartkeep.imaging import arriving, counting, taking
from chartkeep.imaging.instance import Instance, read_instance
from chartkeep.imaging.taking import Fate, File, Outcome, Sender, Taker
from chartkeep.inventor.dicom import (
    Where,
    Whose,
    document,
    ecg,
    encapsulate,
    invent_uid,
    video,
    write_file,
    xray,
)
from chartkeep.model import ChartId, Purpose, Section
from tests.house import HouseRun, Meddling
from tests.records import put

MRN = "http://minato.example/mrn"
ISSUERS = Issuers({"MINATO": MRN})
MODALITY = Sender("CT3", MRN)
LINDA = Whose("4711", "MINATO", "Sato^Linda=佐藤^リンダ", "19500102")


def where(study: str = "a", series: int = 1, number: int = 1) -> Where:
    return Where(
        invent_uid(study), invent_uid(study, series), invent_uid(study, series, number),
        "20261122", "081500", f"A-{study}", number,
    )  # fmt: skip


def picture(study: str = "a", series: int = 1, number: int = 1, whose: Whose = LINDA) -> bytes:
    return xray(whose, where(study, series, number), 16)


def long_picture(size: int = 3 << 20, number: int = 1, **changes: str) -> bytes:
    """A file too long for memory: a cine of many frames, encapsulated."""
    spot = where("long", 1, number)
    names = {
        0x00080005: ("CS", "ISO_IR 192"), 0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.3.1"),
        0x00080018: ("UI", spot.instance), 0x00080060: ("CS", "US"),
        0x00100010: ("PN", changes.get("name", LINDA.name)), 0x00100020: ("LO", "4711"),
        0x0020000D: ("UI", spot.study), 0x0020000E: ("UI", spot.series),
        0x00280008: ("IS", "32"),
    }  # fmt: skip
    frames = [bytes([n]) * (size // 32) for n in range(32)]
    return write_file(names, "1.2.840.10008.1.2.4.50", encapsulate(frames))


def files(*datas: bytes) -> list[File]:
    return [File(BytesIO(data), f"part {n}") for n, data in enumerate(datas, 1)]


def fates(outcomes: Iterator[Outcome]) -> list[Fate]:
    return [outcome.fate for outcome in outcomes]


class Road(NamedTuple):
    """A house that knows Linda, and a taker of it."""

    house: HouseRun
    taker: Taker
    chart: ChartId

    def take(self, *datas: bytes, taker: Taker | None = None) -> list[Fate]:
        return fates((taker or self.taker).take(files(*datas), MODALITY))

    def other(self) -> Taker:
        return Taker(self.house.join("engine"), ISSUERS)

    def opened(self, *sections: Section) -> dict[str, list[bytes]]:
        """Everything in sections of her chart, by kind."""
        self.house.admit(self.chart)
        found = self.house.open(self.house.login("aiko"), self.chart, frozenset(sections))
        by_kind: dict[str, list[bytes]] = {}
        for entry in found.entries:
            by_kind.setdefault(entry.header.kind, []).append(entry.raw)
        return by_kind

    def rows(self) -> list[StudyRow]:
        return join_rows(map(read_row, self.opened(Section.FACE).get(STUDY_FACE_KIND, [])))

    def instances(self) -> list[Instance]:
        return list(map(read_instance, self.opened(Section.IMAGING).get("DicomInstance", [])))


@pytest.fixture
def road(house: HouseRun) -> Road:
    identifier = [{"system": MRN, "value": "4711"}]
    names = [{"family": "Sato", "given": ["Linda"]}, {"text": "佐藤 リンダ"}]
    sent = house.send(
        put("Patient", "a", identifier=identifier, name=names, birthDate="1950-01-02")
    )
    return Road(house, Taker(house.engine, ISSUERS), sent.charts[0])


def test_a_picture_lies_in_its_chart_as_it_came(road: Road) -> None:
    data = picture()
    (outcome,) = road.taker.take(files(data), MODALITY)
    assert (outcome.fate, outcome.chart, outcome.instance) == (
        Fate.STORED, road.chart, where().instance,
    )  # fmt: skip
    (instance,) = road.instances()
    assert instance.digest == hashlib.sha256(data).digest()
    assert (instance.modality, instance.size) == ("CR", len(data))


def test_its_study_is_in_the_list_and_counted(road: Road) -> None:
    road.take(picture(number=1), picture(number=2), picture(series=2), picture("b"))
    rows = {row.study: row for row in road.rows()}
    assert {row.instances for row in rows.values()} == {1, 3}
    first = rows[where("a").study]
    assert (first.day, first.time, first.accession) == ("2026-11-22", "08:15:00", "A-a")
    assert {uid: each.instances for uid, each in first.series.items()} == {
        where("a", 1).series: 2, where("a", 2).series: 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "asked", [{"study": where().study}, {"accession": "a-a"}, {"days": ["2026-11-22"]},
              {"days": ["2026-11-22"], "modality": "CR"}],
)  # fmt: skip
def test_a_study_is_found_by_its_uid_accession_and_day(road: Road, asked: dict) -> None:
    road.take(picture(), picture(number=2))
    (keyword,) = study_query(**asked)
    keyholder = road.house.desk.keyholder
    token = road.house.login("aiko")
    (answer,) = keyholder.read_labels(token, Purpose.TREATMENT, [keyword])
    assert set(road.house.desk.store.find(answer.labels)) == {road.chart}


def test_sent_again_it_is_there_already_and_counted_once(road: Road) -> None:
    assert road.take(picture(), picture()) == [Fate.STORED, Fate.THERE]
    assert road.take(picture()) == [Fate.THERE]
    assert road.take(picture(), picture(number=2), taker=road.other()) == [Fate.THERE, Fate.STORED]
    (row,) = road.rows()
    assert row.instances == 2


def test_other_bytes_under_its_uid_are_refused_and_the_rest_goes_on(road: Road) -> None:
    road.take(picture())
    changed = picture().replace(b"CHEST", b"HEART")
    outcomes = list(road.taker.take(files(picture(number=2), changed, picture("b")), MODALITY))
    assert [each.fate for each in outcomes] == [Fate.STORED, Fate.REFUSED, Fate.STORED]
    assert isinstance(outcomes[1].error, ConflictError)


def test_two_workers_count_what_each_of_them_took(road: Road) -> None:
    other = road.other()
    road.take(picture(number=1), picture(number=2))
    road.take(picture(number=3), taker=other)
    road.take(picture(number=4))
    (row,) = road.rows()
    assert row.instances == 4


def test_threads_that_take_one_study_at_once_lose_no_count(road: Road) -> None:
    def take_some(first: int) -> None:
        for number in range(first, first + 5):
            assert road.take(picture(number=number)) == [Fate.STORED]

    threads = [threading.Thread(target=take_some, args=(n * 10,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = road.rows()
    assert row.instances == 20


def test_of_two_senders_of_one_picture_at_once_one_is_counted(road: Road) -> None:
    other = road.other()
    real = taking.deposit

    def slow(parcel: Parcel, house: House, *, again: bool = True) -> Receipt:
        if house is road.house.engine and parcel.items[0].kind == "DicomInstance":
            assert road.take(picture(), taker=other) == [Fate.STORED]
        return real(parcel, house, again=again)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "deposit", slow)
        road.take(picture())
    (row,) = road.rows()
    assert row.instances == 1


def test_the_second_picture_of_a_study_is_not_asked_for_before_it_is_kept(road: Road) -> None:
    assert road.take(picture(number=1)) == [Fate.STORED]

    def asked(_: object, entries: object) -> None:
        raise AssertionError(entries)

    road.house.engine.store = Meddling(road.house.engine.store, heads=asked)  # type: ignore[assignment]
    assert road.take(picture(number=2), picture(number=3)) == [Fate.STORED] * 2


@pytest.mark.attack
def test_what_is_wrongly_taken_for_new_is_found_there_and_counted_once(road: Road) -> None:
    other = road.other()
    assert road.take(picture(number=1)) == [Fate.STORED]
    assert road.take(picture(number=2), taker=other) == [Fate.STORED]
    assert road.take(picture(number=2), picture(number=3)) == [Fate.THERE, Fate.STORED]
    assert road.take(picture(number=1), picture(number=2)) == [Fate.THERE] * 2
    assert len(road.instances()) == 3
    (row,) = road.rows()
    assert row.instances == 3


@pytest.mark.attack
def test_other_bytes_under_one_name_are_refused_though_they_were_taken_for_new(road: Road) -> None:
    other = road.other()
    road.take(picture(number=1))
    road.take(picture(number=2), taker=other)
    changed = picture(number=2)[:-1] + b"!"
    (outcome,) = road.taker.take(files(changed), MODALITY)
    assert outcome.fate is Fate.REFUSED
    assert isinstance(outcome.error, ConflictError)
    assert "other bytes" in str(outcome.error)
    (row,) = road.rows()
    assert row.instances == 2


def test_a_long_file_passes_through_and_is_kept_whole(road: Road) -> None:
    data = long_picture()
    assert len(data) > 2 * arriving.SMALL
    assert road.take(data) == [Fate.STORED]
    assert road.take(data) == [Fate.THERE]
    (instance,) = road.instances()
    assert instance.digest == hashlib.sha256(data).digest()
    assert (instance.frames, len(instance.fragments)) == (32, 33)
    (row,) = road.rows()
    assert row.instances == 1


def test_two_workers_begin_a_study_with_long_files_at_once(road: Road) -> None:
    other, real, met = road.other(), taking.deposit, []

    def slow(parcel: Parcel, house: House, *, again: bool = True) -> Receipt:
        if house is road.house.engine and not met:
            met.append(road.take(long_picture(number=2), taker=other))
        return real(parcel, house, again=again)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "deposit", slow)
        (mine,) = road.taker.take(files(long_picture(number=1)), MODALITY)
        assert (mine.fate, mine.error) == (Fate.STORED, None)
    assert met == [[Fate.STORED]]
    (row,) = road.rows()
    assert row.instances == 2


def test_a_long_file_that_breaks_off_leaves_nothing(road: Road) -> None:
    (outcome,) = road.taker.take(files(long_picture()[:-100_000]), MODALITY)
    assert outcome.fate is Fate.REFUSED
    assert isinstance(outcome.error, BadInputError)
    assert road.take(long_picture()) == [Fate.STORED]


@pytest.mark.parametrize(
    ("whose", "why"),
    [
        (LINDA._replace(number="9999"), Why.UNKNOWN),
        (LINDA._replace(name="Suzuki^Ichiro", birth="19330303"), Why.MISMATCH),
        (LINDA._replace(number=""), Why.NO_NUMBER),
        (LINDA._replace(issuer="ELSEWHERE"), Why.NO_NUMBER),
    ],
)
def test_what_is_nobodys_waits_in_the_inbox(road: Road, whose: Whose, why: Why) -> None:
    data = picture(whose=whose)
    assert road.take(data) == [Fate.ASIDE]
    assert road.take(data) == [Fate.ASIDE]
    token = road.house.login("hiro")
    (waiting,) = list_inbox(inbox_look(token), road.house.desk)
    assert (waiting.row.door, waiting.row.why) == ("dicom", why)
    assert take_out(waiting.ident, inbox_look(token), road.house.desk).raw == data
    assert not road.instances()


def test_what_a_person_files_goes_the_same_road(road: Road) -> None:
    data = picture(whose=LINDA._replace(number="9999"))
    road.take(data)
    token = road.house.login("hiro")
    (waiting,) = list_inbox(inbox_look(token), road.house.desk)
    kept = take_out(waiting.ident, inbox_look(token), road.house.desk)
    road.taker.refile(kept, road.chart)
    (instance,) = road.instances()
    assert instance.digest == hashlib.sha256(data).digest()


def test_documents_videos_and_ecgs_go_the_same_road(road: Road) -> None:
    leads = [[n * 10 for n in range(50)] for _ in range(12)]
    sent = [
        document(LINDA, where("pdf"), b"%PDF-1.4" + bytes(5000)),
        video(LINDA, where("film"), b"\0\0\1\xb3" + bytes(9000), 30),
        ecg(LINDA, where("ecg"), leads),
    ]
    assert road.take(*sent) == [Fate.STORED] * 3
    assert {row.modalities[0] for row in road.rows()} == {"DOC", "ES", "ECG"}


def test_what_is_restricted_is_in_no_list_and_in_no_open_section(road: Road) -> None:
    names = {
        0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.2"), 0x00080018: ("UI", "2.25.3"),
        0x0020000D: ("UI", "2.25.1"), 0x0020000E: ("UI", "2.25.2"), 0x00100020: ("LO", "4711"),
        0x00403001: ("LO", "V"),
    }  # fmt: skip
    assert road.take(write_file(names, "1.2.840.10008.1.2.1")) == [Fate.STORED]
    assert not road.rows()
    assert not road.instances()


@pytest.mark.attack
def test_hostile_parts_are_refused_one_by_one_and_the_rest_goes_on(road: Road) -> None:
    lying = picture(number=2).replace(b"OW\0\0\0\2\0\0", b"OW\0\0\0\2\0\xff")
    outcomes = fates(
        road.taker.take(files(b"", picture(), b"x" * 5000, lying, picture("b")), MODALITY)
    )
    assert outcomes == [Fate.REFUSED, Fate.STORED, Fate.REFUSED, Fate.REFUSED, Fate.STORED]


@pytest.mark.attack
def test_without_its_store_it_says_come_again_and_promises_nothing(road: Road) -> None:
    road.house.stop_store()
    (outcome,) = road.taker.take(files(picture()), MODALITY)
    road.house.start_store()
    assert outcome.fate is Fate.REFUSED
    assert isinstance(outcome.error, UnavailableError)
    assert road.take(picture(), taker=road.other()) == [Fate.STORED]


@pytest.mark.attack
def test_a_study_of_endless_series_is_counted_in_parts_of_bounded_size(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_SERIES", 3)
    for series in range(8):
        road.take(picture(series=series))
    parts = [read_row(raw) for raw in road.opened(Section.FACE)[STUDY_FACE_KIND]]
    assert max(len(part.series) for part in parts) == 3
    (row,) = join_rows(parts)
    assert (row.instances, len(row.series)) == (8, 8)


@pytest.mark.attack
def test_a_part_whose_fate_nobody_knows_is_not_written_again(road: Road) -> None:
    road.take(picture())
    real = road.house.engine.store.commit

    def lost(commit):  # noqa: ANN001, ANN202
        real(commit)
        raise UnavailableError("the answer was lost")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(road.house.engine.store, "commit", lost)
        assert road.take(picture(number=2)) == [Fate.REFUSED]
    assert road.take(picture(number=2), picture(number=3)) == [Fate.THERE, Fate.STORED]
    (row,) = road.rows()
    assert row.instances == 3


def test_a_large_picture_that_is_nobodys_waits_too(road: Road) -> None:
    data = long_picture(40 << 20, name="Suzuki^Ichiro")
    assert road.take(data) == [Fate.ASIDE]
    token = road.house.login("hiro")
    (waiting,) = list_inbox(inbox_look(token), road.house.desk)
    assert take_out(waiting.ident, inbox_look(token), road.house.desk).raw == data
