"""The words of the ward pack's page: all four languages say everything, and nothing more."""

import re
from pathlib import Path

import pytest

from chartkeep.continuity.page import rendering

SCRIPTS = Path(rendering.__file__).parent / "scripts"
SAID = re.compile(r"\bt\(\s*\"([^\"]+)\"")
LITERAL = re.compile(r"\"([A-Z][^\"]*)\"")
NOT_WORDS = re.compile(
    r"UTC|NFKC|NFKD|PBKDF2|HKDF|HMAC|SHA-256|AES-GCM|CKP1|WebCrypto|DecompressionStream|Enter|Escape|Arrow\w+"
    r"|English|Indonesia|Français"
)
OTHERS = [each for each in rendering.LANGUAGES if each != "en"]


def sentences() -> set[str]:
    """What the scripts say: in `t("…")`, or as a title in a table of theirs."""
    texts = [path.read_text() for path in SCRIPTS.glob("*.js")]
    said = {found for text in texts for found in SAID.findall(text)}
    titles = {found for text in texts for found in LITERAL.findall(text)}
    return said | {title for title in titles if not NOT_WORDS.fullmatch(title)}


def gaps(sentence: str) -> set[str]:
    """What is filled in."""
    return set(re.findall(r"\{\w+\}", sentence))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_says_everything_and_no_word_is_left_over(language: str) -> None:
    assert len(sentences()) > 100
    assert sentences() | rendering.WORDS["en"].keys() == rendering.WORDS[language].keys()


@pytest.mark.parametrize("language", OTHERS)
def test_all_languages_have_the_same_gaps_to_fill(language: str) -> None:
    for sentence, said in rendering.WORDS[language].items():
        assert gaps(sentence) == gaps(said), sentence


@pytest.mark.parametrize("language", rendering.LANGUAGES)
def test_nothing_is_said_with_an_empty_word(language: str) -> None:
    assert all(word.strip() for word in rendering.WORDS[language].values())
