"""1. A thousand words nobody may find again, planted through every way in."""

import gzip
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import cycle
from pathlib import Path

import orjson
import pytest
import zstandard

from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.keywords import Query
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.release import find_patients, release
from chartkeep.custody.sending import send_blob
from chartkeep.errors import ChartkeepError
from chartkeep.inventor.canary import canaries
from chartkeep.keyholder import actions
from chartkeep.keyholder.proving import fresh_totp, hash_password
from chartkeep.model import CHART_SECTIONS, ChartId, Purpose, Section
from chartkeep.sealing.frame import DICTIONARY
from chartkeep.wiring.loading import load
from tests.attacks.house import SOURCE, Founded, look, small_hospital, started, write_bundles
from tests.attacks.searcher import Searcher

pytestmark = pytest.mark.attack

WORD = "canary"
BUNDLES, BLOBS, SEARCHES, REASONS, LOGINS, PEOPLE, PLACES, BROKEN = (
    240, 100, 160, 160, 20, 80, 100, 140,
)  # fmt: skip
PATIENTS = BUNDLES // 2
"""Two words in each patient's bundle."""
COUNTS = (BUNDLES, BLOBS, SEARCHES, REASONS, LOGINS, PEOPLE, PLACES, BROKEN)


def bad_bundle(number: int, word: str) -> bytes:
    """A bundle that is refused, each fifth for the same reason, its word where it went wrong."""
    patient = {"resourceType": "Patient"}
    person = {"reference": f"Patient/{word}"}
    result = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    shapes: list[dict[str, object]] = [
        {"resourceType": word},
        {**patient, "birthDate": f"2024-13-40 {word}", word: 1},
        {**result, "subject": person},
        {**patient, "name": word},
    ]
    if number % 5 == 4:
        return orjson.dumps({**patient, "name": [{"text": word}]})[:-2]
    return post(shapes[number % 5])


def post(resource: dict[str, object]) -> bytes:
    request = {"method": "POST", "url": resource["resourceType"]}
    entry = {"resource": resource, "request": request}
    return orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})


def tries(words: list[str], act: Callable[[str], object]) -> list[str]:
    """Do something with each word; gives what was refused, as a person reads it."""
    said = []
    for word in words:
        try:
            act(word)
        except ChartkeepError as error:
            said += [str(error), error.hint]
    return said


def put_blobs(house: House, charts: list[ChartId], words: list[str]) -> None:
    """Deposit a document a word: beside its entry, sent before it, or sent and never named."""
    for number, (word, chart) in enumerate(zip(words, cycle(charts), strict=False)):
        raw, content = b'{"resourceType":"Binary"}', word.encode() * 400
        bulk = Bulk(len(content), lambda content=content: BytesIO(content))
        item = Item(
            word,
            "Binary",
            raw,
            Owner(),
            Section.DOCUMENTS,
            {},
            (),
            frozenset(),
            None,
            "",
            blob=bulk,
        )
        sent = {}
        if number % 2:
            sent[word] = send_blob(bulk.open(), chart, Section.DOCUMENTS, house)
        if number % 10 != 9:
            ids = [house.entry_id("feed", word)]
            deposit(Parcel(chart, "feed", [item], ids, [{}], sent=sent), house)


def break_bundles(folder: Path, words: list[str]) -> list[Path]:
    folder.mkdir()
    paths = [folder / f"bad-{number}.json" for number in range(len(words))]
    for number, path in enumerate(paths):
        path.write_bytes(bad_bundle(number, words[number]))
    return paths


def plant_with_people(founded: Founded, words: Iterator[list[str]], charts: list[ChartId]) -> str:
    """Everything people type: searches, reasons, names, passwords, wards; gives what they read."""
    desk, loader = founded.join("desk"), founded.join("loader")
    tokens = {name: founded.login(desk, name) for name in founded.people}
    nurse, erik, fumi = look(tokens["aiko"]), tokens["erik"], tokens["fumi"]
    keyholder = desk.keyholder

    def hire(word: str) -> None:
        person = actions.AddPerson(
            word, "nurse", [f"ward {word}"], hash_password(word, cheap=True), fresh_totp()
        )
        keyholder.approve(fumi, keyholder.act(erik, person).proposal)

    turn = cycle(charts)

    def break_glass(word: str) -> None:
        urgent = nurse._replace(purpose=Purpose.BREAK_GLASS, reason=f"collapsed: {word}")
        release(next(turn), urgent, desk)

    said = tries(next(words), lambda word: find_patients(Query(word, "", word, word), nurse, desk))
    said += tries(next(words), break_glass)
    said += tries(next(words), lambda word: keyholder.login(word, word, word))
    said += tries(next(words), hire)

    def place(word: str) -> None:
        loader.keyholder.act(b"", actions.Place(next(turn), f"ward {word}", word))
        keyholder.act(tokens["aiko"], actions.Freeze("person", word))

    said += tries(next(words), place)
    tries([""], lambda _: release(charts[0], look(tokens["aiko"], CHART_SECTIONS), desk))
    return "\n".join(said)


def test_a_thousand_planted_words_are_found_nowhere(
    founded: Founded, folder: Path, watched: Path, record_property: Callable[[str, object], None]
) -> None:
    every = iter(canaries(sum(COUNTS), seed=11))
    words = iter([[next(every) for _ in range(count)] for count in COUNTS])
    given = folder / "given"
    planted = next(words)
    pairs = [" ".join(planted[at : at + 2]) for at in range(0, BUNDLES, 2)]
    bundles = write_bundles(given, small_hospital(PATIENTS), pairs)
    searcher = Searcher(WORD)
    root = founded.home.root
    with started(founded.home) as run:
        charts = founded.load(bundles, 2)
        loader = founded.join("loader")
        put_blobs(loader, charts, next(words))
        said = plant_with_people(founded, words, charts)
        refused = list(load(founded.home, break_bundles(folder / "bad", next(words)), SOURCE, 2))
        said += "\n".join(map(str, refused))
        assert len(refused) == BROKEN
        assert not any(one.new for one in refused)
        *_, live = searcher.search_files(watched)
        for part in list(run.children):
            run.stop(part, kill=True)  # every file stays as it was in the middle of work
    count, size, found = searcher.search_files(root, watched)
    hits = live + found + searcher.search(said.encode()) + searcher.search(DICTIONARY)
    told = f"{sum(COUNTS):,} words, {count} files, {size >> 20} MB, {len(hits)} hits"
    record_property("figure", told)
    assert size > 5 << 20
    assert hits == []


WAYS: dict[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "in capitals": bytes.upper,
    "UTF-16LE": lambda raw: raw.decode().encode("utf-16le"),
    "UTF-16BE": lambda raw: raw.decode().encode("utf-16be"),
    "hex": lambda raw: raw.hex().encode(),
    "base64, 0 before": b64encode,
    "base64, 1 before": lambda raw: b64encode(b"x" + raw),
    "base64, 2 before": lambda raw: b64encode(b"xx" + raw),
    "zlib": zlib.compress,
    "gzip": gzip.compress,
    "zstd": lambda raw: zstandard.compress(raw * 9),
    "zstd with the dictionary": lambda raw: zstandard.ZstdCompressor(
        dict_data=zstandard.ZstdCompressionDict(DICTIONARY)
    ).compress(raw * 9),
}


@pytest.mark.parametrize("way", WAYS)
def test_the_searcher_finds_a_word_however_it_is_written(tmp_path: Path, way: str) -> None:
    noise = bytes(range(256)) * 40
    word = canaries(1, seed=3)[0].encode()
    searcher = Searcher(WORD)
    assert searcher.search(noise) == []
    (tmp_path / "some.file").write_bytes(noise + WAYS[way](word) + noise)
    _, _, found = searcher.search_files(tmp_path)
    assert found
