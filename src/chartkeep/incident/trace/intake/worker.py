"""The process that reads: `python -m chartkeep.incident.trace.intake.worker`, its line on 0.

It starts from nothing but its program: no key, no environment, no descriptor of its parent. All
libraries are loaded before it gives up what it needs no more; then it reads one file after the
other, asking its parent for the bytes, until the parent is gone. It writes to nobody else.
"""

import email.generator
import heapq
import logging
import os
import socket
import sys
import warnings
from collections import Counter
from datetime import datetime

from chartkeep.confined import confine
from chartkeep.incident.trace.intake import charset, limits, mail, ocr, pdf, picture
from chartkeep.incident.trace.intake.line import Line
from chartkeep.incident.trace.intake.process import OCR
from chartkeep.incident.trace.intake.taking import Taker


def main() -> None:
    """Load, confine, serve."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)  # what a library says of a file is the patient's
    load()
    charset.load()
    pdf.load()
    mail.load()
    picture.load()
    if os.environ[OCR]:
        ocr.load()
    end = socket.socket(fileno=0)
    confine(limits.MEMORY)
    end.sendall(b"\x00")
    line = Line(end)
    while True:
        Taker(line, line.job()).take_file()


def load() -> None:
    """Load what the standard library would only load when it is used: then it is too late."""
    _ = heapq, email.generator
    Counter("ab").most_common(1)
    datetime.strptime("2022-01-06 +0700", "%Y-%m-%d %z")


if __name__ == "__main__":
    sys.setrecursionlimit(2_000)
    main()
