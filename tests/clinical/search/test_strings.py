"""Search strings nobody would write; the body of the fuzz target."""

from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.search import parameters_of
from tests.clinical.search.strings import SORTED_KINDS, feed

VALUE = st.text(max_size=20) | st.text(alphabet="0123456789-:TZ.e,|$\\gleap/", max_size=20)
MODIFIER = st.sampled_from(
    ["", ":missing", ":not", ":exact", ":contains", ":text", ":of-type", ":identifier", ":below"]
)


@st.composite
def strings(draw: st.DrawFn) -> bytes:
    """A type and parameters it truly has, so that values and modifiers are reached."""
    place = draw(st.integers(0, len(SORTED_KINDS) - 1))
    names = [*parameters_of(SORTED_KINDS[place]), "_sort", "_include", "_revinclude", "_elements"]
    pair = st.tuples(st.builds(str.__add__, st.sampled_from(names), MODIFIER), VALUE)
    text = urlencode(draw(st.lists(pair, max_size=4)), errors="replace")
    return bytes([place]) + text.encode()


@settings(max_examples=200, deadline=None)
@given(strings() | st.binary(max_size=200))
def test_any_string_finds_what_is_there_or_is_refused(data: bytes) -> None:
    feed(data)
