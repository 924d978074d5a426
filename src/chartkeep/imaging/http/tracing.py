"""WADO-RS: an ECG as what people look at: its traces on paper's grid, as SVG (PS3.18 8.7.4)."""

from chartkeep.clinical.ecg.drawing import draw
from chartkeep.imaging.http.accepting import UnacceptableError, rendered
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.reaching import Reached
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.reading import read_files
from chartkeep.imaging.waveform import read_ecg

SVG = "image/svg+xml"
LARGEST = 16 << 20


def show_ecg(reached: Reached, asked: Asked, picture: Picture) -> Answer:
    """Draw the rhythm of an ECG. Raises UnacceptableError for one too long to be drawn at once."""
    kind = rendered(asked.ranges, (SVG,))
    if picture.instance.size > LARGEST:
        raise UnacceptableError("this recording is too long to be drawn", hint="ask for the file")
    (pieces,) = read_files([picture], reached.door.house, reached.lease)
    rhythm, *_ = read_ecg(b"".join(pieces))
    return Answer(200, draw(rhythm).encode(), kind=kind)
