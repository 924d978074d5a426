"""What a sweep found, written into a case: one finding with its list, and a task for each file."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Finding, Task, when
from chartkeep.incident.sweep.finding import Swept, total
from chartkeep.model import Millis, to_text

_PREFIX: Final = "sweep: "
_HOLDS: Final = " holds "
_NANOS: Final = 1_000_000


def tell_case(
    case: Case,
    files: Iterable[Swept],
    there: frozenset[str],
    looked: Callable[[str], bool] = lambda _: True,
) -> str:
    """Write finding, list and tasks; gives the finding's words.

    `files`: the newest of every file known. `there`: those that are still there; the task of one
    that is gone, or was read whole and holds nobody any more, is said to be done. `looked`: whether
    this sweep looked where a path lies; of any other nothing is said. A task is written once.
    """
    present = sorted((each for each in files if each.path in there), key=lambda each: each.path)
    held = [each for each in present if each.sure]
    digest = case.keep(listed(present), "sweep list: files, patients, owners")
    says = summary(present)
    case.add(Finding("sweep", says, "each patient by a posterior of 0.99"), evidence=[digest])
    wanted = {each.path: _task(each) for each in held}
    standing = {
        path: (written.number, task)
        for written, task in case.standing(Task)
        if (path := _path_of(task))
    }
    unread = {each.path for each in present if each.lost}
    for path, (number, task) in standing.items():
        if path not in wanted and path not in unread and looked(path) and not task.done:
            case.add(Task(task.what, task.owner, done=True), supersedes=number)
    for path, task in wanted.items():
        known = standing.get(path)
        if known is None or known[1] != task:
            case.add(task, supersedes=known[0] if known else None)
    return says


def summary(files: list[Swept]) -> str:
    """Say in words what files hold."""
    found = total(files)
    kinds = sorted({kind for each in files for kind in each.kinds})
    of_kinds = f" ({', '.join(kinds)})" if kinds else ""
    return (
        f"{found.holding:,} of {found.files:,} files hold {len(found.patients):,} patients"
        f"{of_kinds}; "
        f"{found.unread:,} could not be read, or not whole"
    )


def listed(files: Iterable[Swept]) -> bytes:
    """Write what is known of each file that holds somebody or could not be read, a line each."""
    return b"".join(_lines(files))


def _lines(files: Iterable[Swept]) -> Iterator[bytes]:
    for each in files:
        if not (each.patients or each.lost):
            continue
        told = {
            "file": each.path,
            "kind": each.kind,
            "sha256": each.sha256.hex(),
            "size": each.stamp[0],
            "modified": when(Millis(each.stamp[1] // _NANOS)),
            "owner": each.owner,
            "readable by": each.readers,
            "patients": [
                {"chart": to_text(one.chart), "sure": one.sure, "agrees": one.fields,
                 "only ours": one.copied}
                for one in each.patients
            ],
            "not read": [{"inside": lost.inside, "why": lost.trouble} for lost in each.lost],
        }  # fmt: skip
        yield msgspec.json.encode(told) + b"\n"


def _task(each: Swept) -> Task:
    modified = when(Millis(each.stamp[1] // _NANOS))
    return Task(
        f"{_PREFIX}{each.path}{_HOLDS}{len(each.sure):,} patients ({', '.join(each.kinds)}), last "
        f"changed {modified}, readable by {each.readers}: file it in the charts or delete it",
        each.owner,
    )


def _path_of(task: Task) -> str:
    """Read the path back out of a task of a sweep; "" of any other."""
    if not task.what.startswith(_PREFIX):
        return ""
    return task.what.removeprefix(_PREFIX).rpartition(_HOLDS)[0]
