"""The form an answer goes out in, as real clients ask for it."""

import pytest

from chartkeep.imaging.http import accepting
from chartkeep.imaging.http.accepting import EXPLICIT, OCTETS, Form, UnacceptableError
from chartkeep.imaging.http.media import Media, read_accept, read_media

IMPLICIT = "1.2.840.10008.1.2"
J2K = "1.2.840.10008.1.2.4.90"
JPEG50 = "1.2.840.10008.1.2.4.50"
OHIF_FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'


def can(stored: str, wanted: str) -> bool:
    return wanted in {EXPLICIT, IMPLICIT, J2K} and stored != "video"


def frames(accept: str, stored: str, *, one: bool = True) -> Form:
    return accepting.frames(read_accept(accept), stored, can, one=one)


@pytest.mark.parametrize(
    ("accept", "stored", "form"),
    [
        (OHIF_FRAMES, IMPLICIT, Form(OCTETS, EXPLICIT, multipart=True)),
        (OHIF_FRAMES, J2K, Form(OCTETS, J2K, multipart=True)),
        ('multipart/related; type="*/*"', J2K, Form("image/jp2", J2K, multipart=True)),
        ("*/*", EXPLICIT, Form(OCTETS, EXPLICIT, multipart=True)),
        ("application/octet-stream", J2K, Form(OCTETS, EXPLICIT)),
        ("multipart/related; type=image/jp2", EXPLICIT, Form("image/jp2", J2K, multipart=True)),
        ("multipart/related; type=image/jpeg", JPEG50, Form("image/jpeg", JPEG50, multipart=True)),
        ("multipart/related; type=image/*", J2K, Form("image/jp2", J2K, multipart=True)),
    ],
)
def test_frames_go_out_as_they_are_asked_for(accept: str, stored: str, form: Form) -> None:
    assert frames(accept, stored) == form


@pytest.mark.parametrize(
    ("accept", "stored"),
    [
        ("text/html", EXPLICIT),
        ("multipart/related; type=image/jls", EXPLICIT),
        ("application/octet-stream", "video"),
        (f"{OHIF_FRAMES}; q=0", EXPLICIT),
    ],
)
def test_what_cannot_be_had_is_not_acceptable(accept: str, stored: str) -> None:
    with pytest.raises(UnacceptableError):
        frames(accept, stored)


def test_several_frames_do_not_go_out_as_one() -> None:
    with pytest.raises(UnacceptableError):
        frames("application/octet-stream", EXPLICIT, one=False)


def test_the_most_wanted_comes_first() -> None:
    accept = 'multipart/related; type="image/jp2"; q=0.5, application/octet-stream'
    assert frames(accept, J2K) == Form(OCTETS, EXPLICIT)


@pytest.mark.parametrize(
    ("accept", "stored", "sent"),
    [
        ('multipart/related; type="application/dicom"; transfer-syntax=*', J2K, J2K),
        ('multipart/related; type="application/dicom"', J2K, EXPLICIT),
        ('multipart/related; type="application/dicom"', "video", "video"),
        ("*/*", IMPLICIT, EXPLICIT),
        (f"multipart/related; type=application/dicom; transfer-syntax={J2K}", IMPLICIT, J2K),
    ],
)
def test_instances_go_out_in_the_transfer_syntax_asked_for(
    accept: str, stored: str, sent: str
) -> None:
    wanted = accepting.instances(read_accept(accept), one=True)
    assert wanted.multipart
    assert wanted.syntax(stored, can) == sent


def test_one_instance_may_go_without_parts_and_several_not() -> None:
    ranges = read_accept("application/dicom; transfer-syntax=*")
    assert accepting.instances(ranges, one=True) == (("*",), False)
    with pytest.raises(UnacceptableError):
        accepting.instances(ranges, one=False)


@pytest.mark.parametrize(
    ("accept", "kind", "form"),
    [
        ("*/*", OCTETS, Form(OCTETS, multipart=True)),
        ("application/octet-stream", OCTETS, Form(OCTETS)),
        ("multipart/related; type=application/octet-stream", "application/pdf",
         Form(OCTETS, multipart=True)),
        ("application/pdf", "application/pdf", Form("application/pdf")),
        ('multipart/related; type="*/*"', OCTETS, Form(OCTETS, multipart=True)),
    ],
)  # fmt: skip
def test_bulk_data_goes_out_alone_and_in_parts(accept: str, kind: str, form: Form) -> None:
    assert accepting.bulk(read_accept(accept), kind) == form


def test_what_is_shown_is_chosen_among_what_it_can_be() -> None:
    pictures = ("image/jpeg", "image/png")
    assert accepting.rendered(read_accept("image/*"), pictures) == "image/jpeg"
    assert accepting.rendered(read_accept("image/png, */*;q=0.1"), pictures) == "image/png"
    with pytest.raises(UnacceptableError):
        accepting.rendered(read_accept("text/html"), pictures)


def test_media_types_are_read_with_quotes_and_without() -> None:
    found = read_media('multipart/related; Type="application/dicom"; boundary=a-b_c')
    assert found.parameters == {"type": "application/dicom", "boundary": "a-b_c"}
    assert found.related == Media("application/dicom", found.parameters)


@pytest.mark.attack
def test_an_endless_accept_is_read_in_no_time() -> None:
    assert read_accept('multipart/related; type="' + "a;" * 16_000) == [
        Media("multipart/related", {"type": ""})
    ]
    assert len(read_accept("a/b," * 8_000)) == 50
