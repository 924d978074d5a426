"""Text in pictures: read where Tesseract is installed, by the process that can reach nothing."""

import ctypes
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

from chartkeep.incident.trace.found import Clock, Kind
from chartkeep.incident.trace.intake import ocr
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.intake.telling import Trouble
from tests.incident.trace.intake import posted
from tests.incident.trace.intake.conftest import Read, gather

Take = Callable[[str, bytes], Read]
LINES = ("Patient: Budi Santoso, born 12.03.1980", "Number 3174012345678901")
JAPANESE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")


def drawn(lines: tuple[str, ...] = LINES, font: Path | None = None) -> Image.Image:
    """Draw a page of lines, as a scanner gives it."""
    letters = ImageFont.truetype(font, 40) if font else ImageFont.load_default(40)
    page = Image.new("L", (1200, 100 + 80 * len(lines)), 255)
    for number, line in enumerate(lines):
        ImageDraw.Draw(page).text((60, 50 + 80 * number), line, 0, letters)
    return page


def saved(image: Image.Image, form: str, **options: object) -> bytes:
    made = BytesIO()
    image.save(made, form, **options)  # type: ignore[arg-type]
    return made.getvalue()


@pytest.fixture(scope="module")
def sighted() -> Iterator[Intake]:
    try:
        ctypes.CDLL(ocr.LIBRARIES[0])
    except OSError:
        pytest.skip("no tesseract-ocr is installed: `make ocr` installs it")
    with Intake(ocr=True) as made:
        yield made


@pytest.fixture
def see(sighted: Intake, tmp_path: Path) -> Take:
    def seen(name: str, data: bytes) -> Read:
        path = tmp_path / name
        path.write_bytes(data)
        return gather(sighted.read(path))

    return seen


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "GIF"])
def test_a_picture_of_a_page_is_read(see: Take, form: str) -> None:
    read = see("x", saved(drawn(), form))
    assert ("Budi Santoso", "12.03.1980", "3174012345678901", "") in read.rows
    assert (read.whole.kind, read.whole.trouble) == (Kind.PICTURE, Trouble.NONE)


def test_a_scanned_pdf_and_every_page_of_a_fax_are_read(see: Take) -> None:
    for form in ("PDF", "TIFF"):
        second = drawn(("Siti Aminah, born 1991-11-02",))
        read = see("x", saved(drawn(), form, save_all=True, append_images=[second]))
        names = {row[0] for row in read.rows}
        assert names >= {"Budi Santoso", "Siti Aminah"}
        assert read.whole.trouble == Trouble.NONE


def test_a_picture_in_an_archive_is_read_and_what_shows_no_text_says_so(see: Take) -> None:
    members = {
        "a.png": saved(drawn(), "PNG"),
        "wall.png": saved(Image.new("RGB", (300, 300), "teal"), "PNG"),
    }
    read = see("x.zip", posted.zipped(members))
    assert ("Budi Santoso", "12.03.1980", "3174012345678901", "") in read.rows
    assert read.trouble_of("wall.png") == Trouble.NO_TEXT


def test_japanese_is_read_where_its_language_is_installed(see: Take) -> None:
    if not JAPANESE.exists() or not list(Path("/usr/share").glob("tesseract*/*/tessdata/jpn.*")):
        pytest.skip("no Japanese letters are installed: `make ocr` installs them")
    read = see("x.png", saved(drawn(("患者氏名 山田太郎", "昭和55年3月12日"), JAPANESE), "PNG"))
    assert any("山田" in row[0].replace(" ", "") for row in read.rows)


def test_what_a_picture_says_of_itself_is_read_without_looking_at_it(take: Take) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Description", "Budi Santoso, 12.03.1980, wound of the left arm")
    read = take("x.png", saved(Image.new("L", (60, 60)), "PNG", pnginfo=notes))
    assert ("Budi Santoso", "12.03.1980", "", "") in read.rows
    exif = Image.Exif()
    exif[306], exif[270] = "2022:01:06 10:00:00", "Siti Aminah 1991-11-02"
    read = take("x.jpg", saved(Image.new("L", (60, 60)), "JPEG", exif=exif))
    assert read.whole.clocks[Clock.AUTHORED] == 1_641_463_200_000
    assert ("Siti Aminah", "1991-11-02", "", "") in read.rows
    assert read.whole.trouble == Trouble.NO_OCR


@pytest.mark.attack
def test_a_picture_larger_than_any_page_is_not_unpacked(take: Take) -> None:
    bomb = saved(Image.new("1", (12_000, 12_000)), "PNG")
    assert len(bomb) < 50_000
    assert take("x.png", bomb).whole.trouble == Trouble.TOO_LARGE
