"""The list of studies of pictures: what a face says of them, nothing of what they show."""

from chartkeep.clinical.studies import STUDY_FACE_KIND, StudyRow, join_rows, read_row
from chartkeep.custody.charts import Held


def studies_of(face: Held) -> list[StudyRow]:
    """Give the studies of an open face, the newest first; added up once while it is open."""
    if studies_of not in face.memo:
        parts = (e for e in face.entries.values() if e.header.kind == STUDY_FACE_KIND)
        face.memo[studies_of] = join_rows(read_row(part.raw) for part in parts)
    rows: list[StudyRow] = face.memo[studies_of]
    return rows
