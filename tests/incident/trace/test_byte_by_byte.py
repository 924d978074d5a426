"""A picture or a file of ours is known by its bytes, whatever its header says."""

from base64 import b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless

from chartkeep.clinical.issuers import Issuers
from chartkeep.imaging.arriving import File
from chartkeep.imaging.elements import EXPLICIT_LITTLE
from chartkeep.imaging.taking import Fate, Sender, Taker
from chartkeep.incident.sweep.reading import read_file
from chartkeep.incident.sweep.walking import walk
from chartkeep.incident.trace.indexing import bring_up
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.labelling import PROSE_LABELS
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.ours import Verdict
from chartkeep.incident.trace.tracing import Answer, Tracing
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.dicom import Where, Whose, encapsulate, invent_uid, write_file, xray
from chartkeep.model import ChartId, Section
from tests.house import HouseRun, house
from tests.incident.trace.test_indexing import ALL, MRN, NAMES, PRINTS, granted, job, person, place
from tests.records import put

__all__ = ["house"]
SIZE = 128
MODALITY = Sender("CT3", MRN)


@pytest.fixture(scope="module")
def intake() -> Iterator[Intake]:
    with Intake() as made:
        yield made


def noise(number: int, size: int = 2 * SIZE * SIZE) -> bytes:
    return chance_for(number, "pixels").randbytes(size)


def whose(number: int) -> Whose:
    given, family = NAMES[number].split()
    return Whose(str(4711_000 + number), "", f"{family}^{given}", f"19{50 + number}0803")


def at(number: int) -> Where:
    study = f"study {number}"
    return Where(
        invent_uid(study), invent_uid(study, 1), invent_uid(study, 1, number), "20261122",
        "081500", f"A-{number}", 1,
    )  # fmt: skip


def scan(number: int, pixels: bytes = b"") -> bytes:
    """A picture of a patient; of one pixel in another nothing is equal."""
    data = xray(whose(number), at(number), SIZE)
    return data[: -2 * SIZE * SIZE] + (pixels or noise(number))


def cine(number: int) -> bytes:
    """A picture too long for memory, encapsulated, of more fragments than frames."""
    spot, (family, given) = at(number), reversed(NAMES[number].split())
    names = {
        0x00080016: ("UI", "1.2.840.10008.5.1.4.1.1.3.1"), 0x00080018: ("UI", spot.instance),
        0x00080060: ("CS", "US"), 0x00100010: ("PN", f"{family}^{given}"),
        0x00100020: ("LO", whose(number).number), 0x0020000D: ("UI", spot.study),
        0x0020000E: ("UI", spot.series), 0x00280008: ("IS", "3"),
    }  # fmt: skip
    frames = [noise(number * 10 + frame, 700_000) for frame in range(3)]
    return write_file(names, "1.2.840.10008.1.2.4.50", encapsulate(frames))


def take(house: HouseRun, *datas: bytes) -> list[ChartId | None]:
    return take_from(house, *(File(BytesIO(data)) for data in datas))


def take_from(house: HouseRun, *files: File) -> list[ChartId | None]:
    outcomes = list(Taker(house.engine, Issuers({})).take(files, MODALITY))
    assert {each.fate for each in outcomes} == {Fate.STORED}
    return [each.chart for each in outcomes]


def stripped(data: bytes) -> bytes:
    """Take everything out that names anybody, and give it UIDs of its own."""
    dataset = dcmread(BytesIO(data))
    for element in list(dataset):
        if element.tag.group in (0x0008, 0x0010, 0x0020, 0x0040):
            del dataset[element.tag]
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.77"
    written = BytesIO()
    dataset.save_as(written)
    return written.getvalue()


def recompressed(data: bytes) -> bytes:
    dataset = dcmread(BytesIO(data))
    dataset.compress(RLELossless, generate_instance_uid=False)
    written = BytesIO()
    dataset.save_as(written)
    return written.getvalue()


def matcher(house: HouseRun, folder: Path, sections: int = PRINTS) -> Matcher:
    done = bring_up(job(house, folder, granted(house, sections=sections)))
    assert done.index is not None
    return Matcher(done.index, place(house, folder).key)


def leak(folder: Path, *datas: bytes) -> list[Path]:
    paths = [folder / f"{number}.dcm" for number, _ in enumerate(datas)]
    for path, data in zip(paths, datas, strict=True):
        path.write_bytes(data)
    return paths


def trace(house: HouseRun, matcher: Matcher, intake: Intake, paths: list[Path]) -> Answer:
    tracing = Tracing(matcher)
    for path in paths:
        tracing.read(intake, path)
    return tracing.answer(house.now())


def test_pictures_are_ours_without_their_headers_and_a_strangers_are_not(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    for number in range(3):
        house.send(person(number))
    mine = [scan(0), scan(1), cine(2)]
    charts = take(house, *mine[1:])
    bare = BytesIO(mine[0][mine[0].index(b"\x08\0\x05\0CS") :])  # as a modality sends it
    charts.insert(0, take_from(house, File(bare, syntax=EXPLICIT_LITTLE))[0])
    since = house.now()
    posted = [*map(stripped, mine), stripped(scan(4)), recompressed(stripped(mine[0]))]
    answer = trace(house, matcher(house, tmp_path), intake, leak(tmp_path, *posted))
    assert [each.chart for each in answer.evidence] == charts
    (judged,) = answer.judged
    assert judged.words() == (
        f"{tmp_path}: our record, 5 files, 3 of 3 patients of ours, 3 with our pixels"
    )
    for each in answer.evidence:
        assert (each.copy, each.section) == (("pixels",), Section.IMAGING)
        assert each.window[0][0] <= since < each.window[0][1]


def test_a_file_as_it_came_is_known_too_if_it_says_nothing(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    house.send(person(0))
    black = scan(0, bytes(2 * SIZE * SIZE))
    (chart,) = take(house, black)
    answer = trace(house, matcher(house, tmp_path), intake, leak(tmp_path, black))
    assert [(each.chart, each.copy) for each in answer.evidence] == [(chart, ("file",))]


def test_a_folder_is_judged_as_one_and_an_archive_by_itself(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    house.send(person(0))
    take(house, scan(0))
    ours = matcher(house, tmp_path)
    paths = [*leak(tmp_path, scan(0), scan(4), scan(4)), tmp_path / "a.zip"]
    with ZipFile(paths[-1], "w") as archive:
        archive.writestr("c.dcm", scan(4))
    said = [each.words() for each in trace(house, ours, intake, paths).judged]
    assert said == [
        f"{tmp_path}: our record, 3 files, 1 of 1 patient of ours, 1 with our file",
        f"{paths[-1]}: not ours, 1 file, 0 of 0 patients of ours",
    ]


@pytest.mark.attack
def test_neither_black_pixels_nor_a_forged_header_nor_a_twin_makes_anybody_certain(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    for number in range(4):
        house.send(person(number))
    black, twin = bytes(2 * SIZE * SIZE), noise(9)
    charts = take(house, scan(0), scan(1, black), scan(2, twin), scan(3, twin))
    forged = [scan(4, black), scan(4, twin), scan(1, noise(0))]
    posted = [stripped(forged[0]), stripped(forged[1]), forged[2]]
    answer = trace(house, matcher(house, tmp_path), intake, leak(tmp_path, *posted))
    (row,) = answer.evidence
    assert (row.chart, row.copy) == (charts[0], ("pixels",))
    (judged,) = answer.judged
    told = [judged.tally.verdicts[each] for each in (Verdict.CANDIDATES, Verdict.FOREIGN)]
    assert told == [1, 1]


def test_a_header_alone_says_whose_and_dates_nothing(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    chart = house.send(person(0)).charts[-1]
    answer = trace(house, matcher(house, tmp_path), intake, leak(tmp_path, scan(0)))
    (row,) = answer.evidence
    assert (row.chart, row.window, row.section) == (chart, (), Section.IMAGING)


def document(number: int, content: bytes, **changed: object) -> object:
    attachment = {"contentType": "text/plain", "data": b64encode(content).decode()}
    return put(
        "DocumentReference", f"d{number}", status="current",
        subject={"reference": f"Patient/p{number}"}, content=[{"attachment": attachment}],
        **changed,
    )  # fmt: skip


def test_documents_are_known_by_their_bytes_and_swept_too(
    house: HouseRun, intake: Intake, tmp_path: Path
) -> None:
    letter = b"Nothing in it names her. " * 40
    chart = house.send(person(0), document(0, letter)).charts[-1]
    house.send(person(1), document(1, b"short"))
    (tmp_path / "posted").mkdir()
    paths = leak(tmp_path / "posted", letter, b"short")
    ours = matcher(house, tmp_path)
    answer = trace(house, ours, intake, paths)
    assert [(each.chart, each.section) for each in answer.evidence] == [(chart, Section.DOCUMENTS)]
    swept = [
        read_file(intake, ours, seen, PROSE_LABELS).done() for seen in walk([tmp_path / "posted"])
    ]
    (sure,) = (patient for each in swept for patient in each.sure)
    assert (sure.chart, sure.fields, sure.copied) == (chart, ("documents",), ("file",))


@pytest.mark.attack
def test_what_is_restricted_leaves_no_sum(house: HouseRun, intake: Intake, tmp_path: Path) -> None:
    letter = b"Nothing in it names her. " * 40
    system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
    secret = document(0, letter, meta={"security": [{"system": system, "code": "R"}]})
    house.send(person(0), secret)
    paths = leak(tmp_path, letter)
    assert not trace(house, matcher(house, tmp_path), intake, paths).evidence


def test_of_a_picture_from_before_the_file_is_known_and_not_its_pixels(
    house: HouseRun, intake: Intake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("chartkeep.custody.deposit.prints_of", lambda *_: [])
        house.send(person(0))
        (chart,) = take(house, scan(0))
    ours = matcher(house, tmp_path, ALL)
    answer = trace(house, ours, intake, leak(tmp_path, scan(0), stripped(scan(0))))
    assert [(each.chart, each.copy) for each in answer.evidence] == [(chart, ("file",))]
