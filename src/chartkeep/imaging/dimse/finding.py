"""C-FIND of the study root and patient root (PS3.4 C.4.1): faces for lists, pictures below a study.

Patients and studies are found across charts by what faces tell; a key that only the pictures tell
comes back empty there, and is not matched. Series and images are asked for in one study, which is
a release of its chart's pictures.
"""

from collections.abc import Sequence

from chartkeep.errors import BadInputError
from chartkeep.imaging.dicom_json import encode_head
from chartkeep.imaging.dimse.answering import send_rows
from chartkeep.imaging.dimse.association import Association, Message
from chartkeep.imaging.dimse.command import Field
from chartkeep.imaging.dimse.desk import NOWHERE, Asker, Desk
from chartkeep.imaging.dimse.identifiers import LEVEL, keys_of, read_row
from chartkeep.imaging.dimse.negotiating import Syntaxes, is_plain
from chartkeep.imaging.dimse.peers import Peer, Right
from chartkeep.imaging.faces import STUDY
from chartkeep.imaging.finding import find_patients, find_studies
from chartkeep.imaging.matching import Key, make_test
from chartkeep.imaging.opening import Picture, locate_study, pictures
from chartkeep.imaging.reading import read_head
from chartkeep.imaging.tags import Row, element, text
from chartkeep.model import Section

STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
ROOTS = frozenset({STUDY_ROOT, PATIENT_ROOT})
SERIES = "0020000E"
IN_SERIES = "00201209"
"""NumberOfSeriesRelatedInstances."""


class Finding:
    """Answers C-FIND for both roots."""

    right = Right.FIND
    field = Field.FIND

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def offers(self, abstract: str) -> Syntaxes | None:
        """Serve both roots."""
        return is_plain if abstract in ROOTS else None

    def answer(self, message: Message, peer: Peer, association: Association, /) -> None:
        """Answer one query. Raises what refuses it before a row is sent."""
        asked = read_row(message.identifier(), message.context.syntax)
        asker = self._desk.asker(peer.aet)
        match text(asked, LEVEL):
            case "PATIENT" if message.context.abstract == PATIENT_ROOT:
                rows = self._patients(asked, asker)
            case "STUDY":
                rows = self._studies(asked, asker)
            case "SERIES" | "IMAGE" as level:
                rows = self._below(asked, level, asker)
            case _:
                raise BadInputError("no such level of this root", hint="STUDY, SERIES or IMAGE")
        send_rows(rows, asked, message, association)

    def _patients(self, asked: Row, asker: Asker) -> list[Row]:
        desk = self._desk
        look = asker.look(Section.FACE)
        found = find_patients(keys_of(asked), look, desk.charts, desk.issuers)
        line = max((each.line for each in found), default=-1)
        count = len(found)
        desk.note(asker, NOWHERE, "search", "Patient", asked=asked, count=count, line=line)
        return [each.row for each in found]

    def _studies(self, asked: Row, asker: Asker) -> list[Row]:
        desk = self._desk
        look = asker.look(Section.FACE)
        found = find_studies(keys_of(asked), look, desk.charts, desk.issuers)
        line = max((each.line for each in found), default=-1)
        count = len(found)
        desk.note(asker, NOWHERE, "search", "ImagingStudy", asked=asked, count=count, line=line)
        return [each.row for each in found]

    def _below(self, asked: Row, level: str, asker: Asker) -> list[Row]:
        """List the series of a study, or the images of a series or study."""
        desk, study = self._desk, text(asked, STUDY)
        if not study or "\\" in study:
            raise BadInputError("series and images are asked for in one study", hint="name it")
        look = asker.look(Section.IMAGING)
        rows: list[Row] = []
        for spot in locate_study(study, look, desk.charts, desk.places):
            held = desk.charts.look(spot.chart, look, spot.newest)
            here = self._rows(list(pictures(held, study)), level, asker)
            kept = _matching(here, keys_of(asked))
            desk.note(
                asker, spot.chart, "search", "ImagingStudy", asked=asked, count=len(kept), held=held
            )
            rows += kept
        return rows

    def _rows(self, shown: Sequence[Picture], level: str, asker: Asker) -> list[Row]:
        """Tell of pictures, or of the first of each series, what is asked for."""
        if level == "IMAGE":
            return [self._tell(each, asker) for each in shown]
        series: dict[str, list[Picture]] = {}
        for each in shown:
            series.setdefault(each.instance.series, []).append(each)
        return [
            self._tell(each[0], asker) | {IN_SERIES: element(IN_SERIES, len(each))}
            for each in series.values()
        ]

    def _tell(self, picture: Picture, asker: Asker) -> Row:
        head = read_head(picture, self._desk.house, self._desk.lease(asker))
        return encode_head(head, picture.instance.encoding, "")


def _matching(rows: Sequence[Row], keys: Sequence[Key]) -> list[Row]:
    tests = [make_test(key) for key in keys if key.wanted]
    return [row for row in rows if all(test(row) for test in tests)]
