# ruff: noqa: RUF001 - digits and signs of other widths are meant
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.fingerprint.addresses import read_address, read_city, read_postcode
from chartkeep.fingerprint.dates import read_days, read_minutes, read_second
from chartkeep.fingerprint.facts import fact
from chartkeep.fingerprint.numbers import fold_number, read_phones, read_sex

DAYS = [
    "1956-08-03", "1956/8/3", "昭和31年8月3日", "S31.8.3", "3 Agustus 1956", "3 August 1956",
    "Aug 3, 1956", "19560803", "03081956", "2499-08-03", "3 août 1956", "03-AUG-1956",
    "1956年8月3日", "１９５６．８．３", "1956-08-03T00:00:00Z", "19560803120000",
]  # fmt: skip


@pytest.mark.parametrize("text", DAYS)
def test_one_day_written_in_many_ways_is_one(text: str) -> None:
    assert read_days(text) == ("1956-08-03",)


def test_a_day_that_can_be_two_is_both() -> None:
    assert read_days("03/08/1956") == ("1956-08-03", "1956-03-08")
    assert set(read_days("3.8.56")) == {"1956-08-03", "1956-03-08", "2056-08-03", "2056-03-08"}


@pytest.mark.parametrize(
    "text", ["", "Budi", "1956-13-40", "99/99/9999", "0812-3456-7890", "12345"]
)
def test_what_is_no_day_is_none(text: str) -> None:
    assert read_days(text) == ()


def test_a_minute_is_given_as_written_and_in_utc() -> None:
    assert read_minutes("2024-01-02T10:15:00+09:00") == ("2024-01-02T10:15", "2024-01-02T01:15")
    assert read_minutes("20240102101500") == ("2024-01-02T10:15",)
    assert read_minutes("2024-01-02") == ()


def test_a_second_is_read_in_the_zone_it_names_and_a_minute_is_none() -> None:
    assert read_second("2023-11-14T22:13:20.000Z") == 1_700_000_000
    assert read_second("2023-11-15T05:13:20+07:00") == read_second("20231114221320")
    assert read_second("2023-11-14T22:13Z") is None


def test_a_phone_is_the_same_with_and_without_its_country() -> None:
    written = ["+62 812-3456-7890", "081234567890", "(0)812 3456 7890", "62 81234567890"]
    assert {read_phones(each) for each in written} == {("234567890",)}
    assert len(read_phones("081234567890 / 021 555 1234")) == 2


def test_a_number_is_the_same_after_a_sheet_took_its_zeros() -> None:
    assert {fold_number(each) for each in ("00012345", "12345", "12-345", "12345.0")} == {"12345"}
    assert fold_number("no digits") == ""


def test_an_address_is_the_same_with_its_words_abbreviated() -> None:
    written = ["Jl. Melati No. 3, RT 001/RW 002", "Jalan Melati 3 RT1 RW2", "MELATI 3 rt 1 rw 2"]
    assert len({read_address(each) for each in written}) == 1
    japanese = ["〒100-0001 千代田区3丁目12番5号", "千代田区３－１２－５"]
    assert len({read_address(each) for each in japanese}) == 1


def test_small_things_have_one_spelling() -> None:
    assert {read_sex(each) for each in ("L", "laki-laki", "男", "Male", "1")} == {"m"}
    assert read_city("KOTA BANDUNG") == read_city("Bandung")
    assert read_postcode("〒100-0001") == "1000001"
    assert fact("5.50", "t") == fact("5,5", "t") == "5.5|t"
    assert fact("-5.123456789012345", "t") == fact("-5.12345678901234567890", "t") == "-5.12346|t"
    assert fact("positive", "t") == fact("inf", "t") == ""


@given(st.text(max_size=60))
def test_nothing_written_breaks_a_reader(text: str) -> None:
    assert len(read_days(text)) <= 4
    assert len(read_minutes(text)) <= 2
    assert read_second(text) is None or read_minutes(text)
    assert len(read_phones(text)) <= 3
    for read in (read_address, read_city, read_postcode, fold_number, read_sex):
        read(text)
