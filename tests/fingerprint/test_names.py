import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.fingerprint.names import read_name

ALIKE = [
    ("Soekarno", "Sukarno"),
    ("Tjokroaminoto", "Cokroaminoto"),
    ("Djoko Soesilo", "Joko Susilo"),
    ("Moh. Ridwan, S.Pd", "Mochammad Ridwan"),
    ("Dr. H. Budi Santoso, M.Kes", "SANTOSO BUDI"),
    ("山田太郎様", "山田 太郎"),
    ("ヤマダ タロウ", "Tarou Yamada"),
    ("やまだ たろう", "YAMADA TARO"),
    ("ヤマダ タロウ", "Yamada, Taro"),
    ("オオタ ジュン", "Ohta Jun"),
    ("王小明", "Wang Xiaoming"),
    ("王曉明", "Xiao-Ming Wang"),
    ("Müller", "Mueller"),
    ("Đặng Thị Hoà", "Dang Thi Hoa"),
    ("Иванов Пётр", "Petr Ivanov"),
    ("O'Brien Anne", "Anne OBrien"),
    ("Michael J. Fox", "Fox Michael"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_one_name_written_in_two_ways_has_the_same_letters(one: str, other: str) -> None:
    first, second = read_name(one), read_name(other)
    assert first is not None
    assert second is not None
    assert first.letters == second.letters


@pytest.mark.parametrize(
    ("one", "other"),
    [("محمد", "Muhammad"), ("Schröder", "Schroeder"), ("Siti Aminah", "Sitti Aminnah")],
)
def test_what_letters_do_not_meet_sounds_do(one: str, other: str) -> None:
    first, second = read_name(one), read_name(other)
    assert first is not None
    assert second is not None
    assert first.sounds == second.sounds


@pytest.mark.parametrize("text", ["", "1234", "A", "…", "x" * 500, "a b c d e f g h i j k l m n"])
def test_what_is_no_name_is_none(text: str) -> None:
    name = read_name(text)
    assert name is None or len(name.letters) > 1


def test_two_people_are_two_names() -> None:
    names = {read_name(each) for each in ("Budi Santoso", "Budi Susanto", "Bayu Santoso")}
    assert len(names) == 3


@given(st.text(max_size=120))
def test_whatever_is_read_is_read_twice_alike_and_in_small_letters(text: str) -> None:
    name = read_name(text)
    assert name == read_name(text)
    assert name is None or name.letters.isascii()
