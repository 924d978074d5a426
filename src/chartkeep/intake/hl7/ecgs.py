"""An ECG that comes inside a result message: its signals beside the file it was sent as."""

from chartkeep.clinical.ecg.observation import to_observation
from chartkeep.errors import RefusedError
from chartkeep.intake.ecg.reading import read_ecg
from chartkeep.intake.folders.kinds import ECGS, HEAD, kind_of
from chartkeep.intake.hl7.case import Built, Case, Json


def ecg_result(case: Case, document: Built, about: Json) -> list[Built]:
    """Make the Observation of a document that is an ECG; one nobody can read stays a document.

    Raises UnavailableError when its reader cannot run.
    """
    if document.file is None or kind_of(document.file.content[:HEAD], "") not in ECGS:
        return []
    try:
        found = read_ecg({"ecg": document.file.content}, case.sender.zone)
    except RefusedError:
        return []
    body = to_observation(found.ecg, case.patient) | about
    body["derivedFrom"] = [{"reference": document.key}]
    return [Built(case.key("Observation", document.key), body)]
