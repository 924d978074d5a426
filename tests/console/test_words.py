"""The words of the pages: every sentence is there in Japanese, none is there for nothing."""

import re
from pathlib import Path

import pytest

from chartkeep import console
from chartkeep.console import chart, entering, keying, officer, outcome, paper, results
from chartkeep.console.words import CATALOGUE, LANGUAGES, Words, choose
from chartkeep.continuity.paper.contradictions import Contradiction
from chartkeep.continuity.paper.lines import FIELDS
from chartkeep.keyholder.roles import ROLES
from chartkeep.model import CHART_SECTIONS, Purpose, Section

HERE = Path(console.__file__).parent
SENTENCE = re.compile(r"\bt\(\s*(\"[^\"]+\"|'[^']+')")


def sentences() -> set[str]:
    """Every sentence that a template says in so many words."""
    texts = [path.read_text() for path in (HERE / "templates").glob("*.html")]
    return {found[1:-1] for text in texts for found in SENTENCE.findall(text)}


def gaps(sentence: str) -> set[str]:
    """What is filled in."""
    return set(re.findall(r"\{\w+\}", sentence))


def told() -> set[str]:
    """Every sentence and word that comes from the code."""
    fields = (field for each in FIELDS.values() for field in each)
    choices = {choice for field in fields for choice in field.choices} - {""}
    return {
        *(sentence for _, _, sentence in outcome.TABLE), entering.WRONG, *officer.SAID.values(),
        *chart.TITLES.values(), *results.TITLES, *officer.SCOPES, *ROLES, *Purpose,
        *(section.name.lower() for section in (*CHART_SECTIONS, Section.FINGERPRINTS)),
        *("male", "female", "other", "unknown", "high", "low", "out of range"),
        *paper.SAID.values(), *paper.KINDS.values(), *Contradiction,
        *keying.TITLES.values(), *keying.LABELS.values(), *keying.STATES.values(), *choices,
        *("printed", "open", "begun", "entered", "void", "missing"),
        *("({n} years)", "({n} months)", "({n} days)"),
    }  # fmt: skip


def test_every_sentence_is_there_in_japanese() -> None:
    assert len(sentences()) > 80
    assert (sentences() | told() | CATALOGUE["en"].keys()) - CATALOGUE["ja"].keys() == set()


def test_both_languages_have_the_same_gaps_to_fill() -> None:
    for english, japanese in CATALOGUE["ja"].items():
        assert gaps(english) == gaps(japanese), english


@pytest.mark.parametrize(
    ("cookie", "accepted", "chosen"),
    [
        ("", "", "en"),
        ("ja", "en", "ja"),
        ("", "ja", "ja"),
        ("", "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        ("", "id,en;q=0.5,ja;q=0.4", "en"),
        ("", "en;q=0.2,ja;q=0.9", "ja"),
        ("xx", ";;q=,,=", "en"),
    ],
)
def test_the_language_is_the_one_kept_or_the_one_the_browser_prefers(
    cookie: str, accepted: str, chosen: str
) -> None:
    assert choose(cookie, accepted).language == chosen


def test_days_are_written_as_each_language_does() -> None:
    assert [Words(each).day("1956-08-03") for each in LANGUAGES] == ["3 Aug 1956", "1956-08-03"]
    assert Words("en").moment("2026-01-02T08:30:15+09:00") == "2 Jan 2026 08:30"
    assert [Words("en").day(text) for text in ("1956", "", "soon")] == ["1956", "", "soon"]
