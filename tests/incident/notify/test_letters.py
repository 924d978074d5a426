"""Words, lines and pages: what does not depend on a house."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import reportlab
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from pypdf import PdfReader

from chartkeep.errors import BadInputError, RefusedError
from chartkeep.incident.notify.affected import Affected, Sure, joined
from chartkeep.incident.notify.batch import Posted, mailing_list
from chartkeep.incident.notify.code import fresh_code, read_code
from chartkeep.incident.notify.delivery import DONE, NEXT, TURN, State, check_move
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.layout import BOTTOM, LEFT, PAGE, RIGHT, Measure, lay_out, wrap
from chartkeep.incident.notify.letter import Letter, Paragraph, Style, compose
from chartkeep.incident.notify.notice import read_notice
from chartkeep.incident.notify.pdf import Printer
from chartkeep.incident.notify.recipient import Recipient, To, is_minor, recipient_of
from chartkeep.incident.notify.words import LANGUAGES, places, words_of
from chartkeep.model import CHART_SECTIONS, ChartId, Millis, Section
from tests.incident.notify.conftest import HOME, NOTICE, OCCASION, spoken

TODAY = date(2026, 11, 22)
ANN = Recipient(To.PERSON, "Ann Miller", "Ann Miller", ("1 High St", "London"), "GB", "en", "")
FONTS = Fonts()
MEASURE = Measure(FONTS.width, Printer(FONTS)._broken)


def affected(chart: bytes = b"c" * 16, sure: Sure = Sure.CERTAIN) -> Affected:
    return Affected(ChartId(chart), 0b1110, Millis(0), Millis(86_400_000), sure)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_places(language: str) -> None:
    mine, english = structs.asdict(words_of(language)), structs.asdict(words_of("en"))
    for field, value in english.items():
        if isinstance(value, str):
            assert places(mine[field]) == places(value), field
        if isinstance(value, dict):
            assert {k: places(v) for k, v in mine[field].items()} == {
                k: places(v) for k, v in value.items()
            }, field
    assert len(mine["advised"]) == len(english["advised"])
    assert set(mine["opening"]) == set(Sure)
    assert set(mine["greeting"]) == set(mine["which"]) == set(mine["addressed"]) == set(To)
    named = CHART_SECTIONS | {Section.FINGERPRINTS}
    assert set(mine["sections"]) == {section.name.lower() for section in named}
    assert set(mine["names"]) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sure", Sure)
@pytest.mark.parametrize("to", To)
def test_every_letter_can_be_printed_and_read_again(language: str, sure: Sure, to: To) -> None:
    notice = structs.replace(OCCASION.notice, authoritative=language)
    letter = compose(
        fresh_code(), affected(sure=sure), structs.replace(ANN, to=to),
        OCCASION._replace(notice=notice),
    )  # fmt: skip
    printer = Printer(FONTS)
    printer.add(letter)
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(printer.close())).pages)
    squeezed = "".join(text.split())
    for paragraph in letter.paragraphs:
        assert "".join(paragraph.text.split()) in squeezed
    assert letter.code in text
    assert not {"{", "}"} & set(text)


def test_a_language_nobody_answers_for_is_not_used() -> None:
    assert OCCASION.notice.choose("fr") == "ja"
    assert OCCASION.notice.choose("en") == "en"
    assert OCCASION.notice.unread() == ["fr"]
    unread = NOTICE.replace('reviewed = "山本 一郎"'.encode(), b"")
    with pytest.raises(BadInputError, match="nobody has read"):
        read_notice(unread)
    for broken in (b"", b"zone = 1", NOTICE.replace(b"Asia/Tokyo", b"Asia/Nowhere"),
                   NOTICE.replace(b"[text.fr]", b"[text.xx]"), b"\xff\xfe"):  # fmt: skip
        with pytest.raises(BadInputError):
            read_notice(broken)


@settings(max_examples=60)
@given(st.text(max_size=80), st.integers(30, 400))
def test_no_character_is_lost_by_breaking_lines(text: str, room: int) -> None:
    lines = list(wrap(text, room, lambda part: 10.0 * len(part)))
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_no_line_of_japanese_begins_with_a_closing_mark_or_ends_with_an_opening_one() -> None:
    text = "あいう「えお」。か（き）、" * 9  # noqa: RUF001
    lines = list(wrap(text, 45, lambda part: 10.0 * len(part)))
    assert len(lines) > 20
    assert not [line for line in lines if line[0] in "」。）、" or line[-1] in "「（"]  # noqa: RUF001


def test_right_to_left_mirrors_the_page() -> None:
    letter = Letter(fresh_code(), "en", "S", ("A",), ("Name",), "day", [
        Paragraph(Style.TITLE, "title"), Paragraph(Style.POINT, "point"),
    ])  # fmt: skip
    [left] = lay_out(letter, words_of("en"), MEASURE)
    [right] = lay_out(letter, structs.replace(words_of("en"), right_to_left=True), MEASURE)
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert (one.y, one.text, other.right) == (other.y, other.text, True)
        assert one.x - LEFT == pytest.approx(PAGE[0] - RIGHT - other.x)


def test_a_long_letter_has_more_sheets_and_each_says_whose_it_is() -> None:
    long = [Paragraph(Style.BODY, "word " * 400), Paragraph(Style.HEAD, "head")] * 5
    code = fresh_code()
    pages = lay_out(Letter(code, "en", "", (), ("N",), "d", long), words_of("en"), MEASURE)
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert page[-1].text == f"Code {code}   page {number} of {len(pages)}"
        assert all(piece.y >= BOTTOM - 30 for piece in page)
        assert page[-2].style is not Style.HEAD or number == len(pages)


def test_a_letter_a_few_lines_too_long_is_set_smaller_and_saves_a_sheet() -> None:
    def letter(lines: int) -> Letter:
        body = [Paragraph(Style.BODY, "a line")] * lines
        return Letter(fresh_code(), "en", "S", ("A",), ("Name",), "day", body)

    def pages(lines: int) -> int:
        return len(lay_out(letter(lines), words_of("en"), MEASURE))

    assert [pages(28), pages(30), pages(60)] == [1, 1, 2]
    [page] = lay_out(letter(30), words_of("en"), MEASURE)
    assert page[3].size < 10.5
    assert page[0].size == lay_out(letter(1), words_of("en"), MEASURE)[0][0].size


def test_a_long_address_is_set_smaller_and_never_cut() -> None:
    def address(*lines: str) -> Letter:
        return Letter(fresh_code(), "en", "S", ("A",), lines, "day", [])

    [page] = lay_out(address("岡山県" * 30, "b" * 120, "Name"), words_of("en"), MEASURE)
    text = "".join(piece.text for piece in page)
    assert "岡山県" * 30 + "b" * 120 + "Name" in text
    assert page[1].size < 11
    with pytest.raises(BadInputError, match="envelope"):
        lay_out(address(*["w" * 120] * 7), words_of("en"), MEASURE)
    endless = [Paragraph(Style.BODY, "word " * 8_000)]
    with pytest.raises(BadInputError, match="too long"):
        lay_out(address("x")._replace(paragraphs=endless), words_of("en"), MEASURE)


def test_a_font_that_is_given_is_embedded_and_asked_first() -> None:
    file = Path(reportlab.__file__).with_name("fonts") / "Vera.ttf"
    printer = Printer(Fonts(file))
    printer.add(compose(fresh_code(), affected(), ANN, OCCASION))
    raw = printer.close()
    assert b"/FontFile2" in raw
    [page] = PdfReader(BytesIO(raw)).pages
    assert "Dear Ann Miller" in " ".join(page.extract_text().split())


def test_a_name_no_font_has_is_refused_before_anything_is_drawn() -> None:
    printer = Printer(FONTS)
    with pytest.raises(BadInputError, match="no font"):
        printer.add(
            compose(fresh_code(), affected(), structs.replace(ANN, subject="ጌታቸው"), OCCASION)
        )
    assert printer.close() == b""


def test_what_is_no_font_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(b"nothing")
    for name in ("a.ttf", "none.ttf"):
        with pytest.raises(BadInputError, match="TrueType"):
            Fonts(tmp_path / name)


def test_a_code_is_read_in_any_spelling_and_a_slip_shows() -> None:
    code = fresh_code()
    assert read_code(code.lower().replace("-", "  ")) == code
    for at in range(12):
        typed = list(code.replace("-", ""))
        typed[at] = "A" if typed[at] != "A" else "B"
        with pytest.raises(BadInputError):
            read_code("".join(typed))
    assert len({fresh_code() for _ in range(1_000)}) == 1_000


def test_every_state_says_whose_turn_it_is_or_waits_or_is_an_end() -> None:
    waits = {State.POSTED, State.MAILED}
    assert set(State) == set(TURN) | DONE | waits == set(NEXT)
    check_move(State.PRINTED, State.POSTED)
    for old in DONE - {State.PUBLIC}:
        with pytest.raises(RefusedError):
            check_move(old, State.RETURNED)
    for state in State:  # from anywhere everybody can be reached
        assert State.RECEIVED in NEXT[state]


def test_a_chart_in_several_lists_is_one_with_the_surest_and_the_widest() -> None:
    one = Affected(ChartId(b"a" * 16), 0b10, Millis(5), Millis(9), Sure.POSSIBLE)
    two = Affected(ChartId(b"a" * 16), 0b100, Millis(2), Millis(7), Sure.IMPLIED)
    expected = Affected(one.chart, 0b110, Millis(2), Millis(9), Sure.IMPLIED)
    assert joined([one, two]) == joined([two, one]) == {one.chart: expected}


@pytest.mark.parametrize(
    ("born", "minor"),
    [("2008-11-22", ""), ("2008-11-23", "yes"), ("2008-11", "yes"), ("2008-10", ""),
     ("2008", "yes"), ("2007", ""), ("", "")],
)  # fmt: skip
def test_who_may_not_be_of_age_is_taken_for_a_child(born: str, minor: str) -> None:
    assert is_minor(born, TODAY, 18) is bool(minor)


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (HOME, ("〒108-0001", "東京都港区1-2-3")),
        (HOME | {"country": ""}, ("〒108-0001", "東京都港区1-2-3")),
        ({"line": ["12 rue Bayard"], "city": "Lyon", "state": "Rhône", "postalCode": "69001",
          "country": "fr"}, ("12 rue Bayard", "69001 Lyon", "FR")),
        ({"line": ["1 High St", "Flat 2"], "city": "London", "postalCode": "N1 1AA",
          "country": "GB"}, ("1 High St", "Flat 2", "London N1 1AA", "GB")),
        ({"line": ["Jl. Merdeka 1"], "city": "Jakarta", "state": "DKI", "postalCode": "10110"},
         ("Jl. Merdeka 1", "Jakarta, DKI 10110")),
        ({"text": "Somewhere 1\n12345 Town"}, ("Somewhere 1", "12345 Town")),
        ({"line": ["a" * 500], "city": "x"}, ("a" * 500, "x")),
        (HOME | {"use": "old"}, ()),
        (HOME | {"type": "physical"}, ()),
        (HOME | {"period": {"end": "2026-11-21"}}, ()),
        (HOME | {"period": {"start": "2027"}}, ()),
        ({"city": "London"}, ()),
    ],
)  # fmt: skip
def test_an_address_is_written_as_its_post_wants_it(
    address: dict[str, object], lines: tuple[str, ...]
) -> None:
    assert recipient_of({"address": [address]}, TODAY, 18).address == lines


def test_the_name_is_as_it_is_written_and_of_now() -> None:
    kana = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
    patient = {
        "name": [
            {"use": "old", "text": "旧姓 花子"},
            {"use": "official", "text": "タナカ ハナコ",
             "extension": [{"url": kana, "valueCode": "SYL"}]},
            {"use": "official", "family": "田中", "given": ["花子\u202e"]},
        ],
        "communication": [spoken("fr") | {"preferred": False}, spoken("ja-JP")],
        "telecom": [{"system": "email", "value": "a@b, c@d"},
                    {"system": "email", "value": "a@b\r\nBcc: c@d"},
                    {"system": "email", "value": "田中@b"}, {"system": "email", "value": "(a@b"}],
    }  # fmt: skip
    to = recipient_of(patient, TODAY, 18)
    assert (to.subject, to.language, to.email) == ("田中 花子", "ja", "")


@pytest.mark.attack
def test_no_cell_of_the_mail_houses_list_is_a_formula() -> None:
    address = ("=1+1", "＝1+1", "＠SUM(1)", "1 High St")  # noqa: RUF001 - run in Japan
    letter = Letter("7HQ2", "en", "", (), address, "", [])
    told = mailing_list([Posted(letter, 1, 1, discreet=False, country="GB")]).decode()
    assert ",'=1+1,'＝1+1,'＠SUM(1),1 High St," in told  # noqa: RUF001 - as above
