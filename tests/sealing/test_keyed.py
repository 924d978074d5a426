from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.sealing.keyed import SearchKey, derive, keyed_hash

SECRET = bytes(range(32))
SEARCH = SearchKey(SECRET)


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_different_parts_have_different_hashes(one: list[bytes], other: list[bytes]) -> None:
    same = keyed_hash(SECRET, *one) == keyed_hash(SECRET, *other)
    assert same == (one == other)


def test_the_same_content_under_another_secret_shows_nothing_in_common() -> None:
    assert keyed_hash(SECRET, b"mrn") != keyed_hash(bytes(32), b"mrn")
    assert SearchKey(bytes(32)).keyword_hash("a") != SEARCH.keyword_hash("a")


def test_no_two_labels_are_equal() -> None:
    names = [SEARCH.keyword_hash(word) for word in ("family:sat", "family:sato", "born:1950")]
    labels = {SEARCH.label(name, n) for name in names for n in range(200)}
    assert len(labels) == 600
    assert {len(label) for label in labels} == {16}


def test_labels_given_together_begin_alike_and_others_do_not() -> None:
    names = [SEARCH.keyword_hash(str(number)) for number in range(512)]
    begins = [SEARCH.label(name, n)[:4] for n, name in enumerate(names)]
    assert len(set(begins[:256])) == len(set(begins[256:])) == 1
    assert begins[0] != begins[256]


@given(st.integers(0, 2**63))
def test_a_hidden_number_is_shown_again(n: int) -> None:
    assert SEARCH.show(SEARCH.hide(n)) == n


def test_derived_keys_differ_by_use() -> None:
    assert derive(SECRET, b"one") != derive(SECRET, b"two")
    assert len(derive(SECRET, b"one")) == 32


def test_the_search_key_does_not_show_itself() -> None:
    assert repr(SEARCH) == "<SearchKey>"
