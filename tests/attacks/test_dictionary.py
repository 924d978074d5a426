"""6. How many names an intruder learns in a simulated hour, through search and through deposit."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from chartkeep.inventor.hospital import invent_hospital
from chartkeep.inventor.site import Role
from chartkeep.keyholder import protocol
from chartkeep.keyholder.budget import HOUR, Kind, Scope
from chartkeep.model import Purpose
from chartkeep.wire.frames import Failed
from tests.attacks.house import TODAY
from tests.attacks.site import Asking, Site, chart_of

pytestmark = pytest.mark.attack
FIGURE = Callable[[str, object], None]
DESK = "desk"
WORDS = 12
PATIENTS = 400


def keywords_of(site: Site, patient: int) -> list[str]:
    """What a chart is found by: here the family name and the day of birth."""
    person = site.hospital.patient(patient)
    return [f"name:{person.names.latin.family.lower()[:8]}", f"born:{person.birth.isoformat()}"]


def write_labels(site: Site, patient: int) -> protocol.WriteLabels:
    chart = chart_of(patient)
    return protocol.WriteLabels(chart, [protocol.Labelled(chart, keywords_of(site, patient))])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, invent_hospital(7, PATIENTS, TODAY, 0.02))
    asked = [write_labels(site, patient) for patient in range(PATIENTS)]
    for call in site.ask("loader", *asked):
        call.get()
    yield site
    site.book.close()


def groups(words: list[str]) -> Iterator[list[str]]:
    return (words[at : at + WORDS] for at in range(0, len(words), WORDS))


def search_on(site: Site, token: bytes, asked: Iterable[list[str]]) -> tuple[int, int]:
    """Search until refused; gives how many words were answered, and how many labels came."""
    words = labels = 0
    for group in asked:
        site.clock.move(seconds=0.3)
        (call,) = site.ask(DESK, protocol.ReadLabels(token, Purpose.TREATMENT, group))
        if isinstance(call.said, Failed):
            break
        assert isinstance(call.said, protocol.FoundLabels)
        words += len(group)
        labels += sum(len(found.labels) for found in call.said.found)
    return words, labels


def test_a_dictionary_of_names_through_search_ends_at_the_budget(
    site: Site, record_property: FIGURE
) -> None:
    """The worst dictionary: the very names of the patients, and thousands beside them.

    HOLE: a search counts as one whatever it asks and finds, so what ends him is the number of
    names he can try, not the number of patients he can name.
    """
    families = {keywords_of(site, patient)[0] for patient in range(PATIENTS)}
    guesses = sorted(families) + [f"name:nobody{number}" for number in range(20_000)]
    nurse = next(one for one in site.hospital.staff if one.role is Role.NURSE)
    words, labels = search_on(site, site.login(nurse, DESK), groups(guesses))
    lines = [line for line in site.lines() if line.verb == "search"]
    most = site.keyholder.standing.spending.ceiling(Scope.PERSON, Kind.SEARCH, HOUR)
    record_property(
        "figure", f"one session: {words:,} names tried, {labels} of {PATIENTS} charts named"
    )
    assert words <= most * WORDS
    assert len(lines) * WORDS >= words


def test_every_session_of_a_host_searching_for_an_hour_ends_at_its_ceiling(
    site: Site, record_property: FIGURE
) -> None:
    nobody = [f"name:nobody{number}" for number in range(100_000)]
    asked = groups(nobody)
    words = 0
    for one in site.hospital.staff[:20]:
        words += search_on(site, site.login(one, DESK), asked)[0]
    most = site.keyholder.standing.spending.ceiling(Scope.INSTANCE, Kind.SEARCH, HOUR)
    record_property("figure", f"one host: {words:,} names tried, then frozen")
    assert words <= most * WORDS
    assert ("instance", DESK) in site.keyholder.standing.frozen


def test_a_writer_learns_no_name_by_depositing(site: Site, record_property: FIGURE) -> None:
    """The labels he is given are fresh ones: none is a label another chart already has."""
    standing = labels_of(site.ask(DESK, *ask_again(site)))
    fresh = labels_of(site.ask("loader", *ask_again(site)))
    record_property("figure", f"{len(fresh)} labels given out, {len(fresh & standing)} known ones")
    assert fresh
    assert not fresh & standing


def test_a_writer_that_guesses_at_a_thousand_entries_at_once_learns_no_name(
    site: Site, record_property: FIGURE
) -> None:
    """Right guesses and wrong ones: the answers cannot be told apart."""
    standing = labels_of(site.ask("loader", *ask_again(site)))
    right, wrong = keywords_of(site, 0), ["name:nobody", "born:1900-01-01"]
    answers = []
    for words in (right, wrong):
        guesses = [protocol.Labelled(bytes([n % 250, n // 250]) * 8, words) for n in range(1_000)]
        answers.append(site.ask("loader", protocol.WriteLabels(chart_of(0), guesses)))
    first, second = (labels_of(calls) for calls in answers)
    record_property("figure", f"{len(first)} labels for right guesses, {len(second)} for wrong")
    assert len(first) == len(second) == 2_000
    assert not (first | second) & standing
    assert not first & second


def ask_again(site: Site) -> list[protocol.WriteLabels]:
    """The same words for the same charts, asked once more."""
    return [write_labels(site, patient) for patient in range(0, PATIENTS, 4)]


def labels_of(calls: list[Asking]) -> set[bytes]:
    answers = [call.get() for call in calls]
    return {label for one in answers if isinstance(one, protocol.LabelList) for label in one.labels}
