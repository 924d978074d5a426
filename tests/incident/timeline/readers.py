"""The processes that parse logs, for all tests of this folder: ended when the tests are."""

import atexit
from typing import Final

from chartkeep.incident.timeline.logs.reading import LogReaders

READERS: Final = LogReaders()
atexit.register(READERS.close)
