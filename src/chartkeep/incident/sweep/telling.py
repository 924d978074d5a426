"""What a sweep found, written into a case: one finding with its list, and a task for each file."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.case.events import Event, Finding, Task, when
from chartkeep.incident.counted import many
from chartkeep.incident.sweep.finding import Swept, total
from chartkeep.incident.sweep.state import State
from chartkeep.model import Millis, to_text

_PREFIX: Final = "sweep: file "
_HOLDS: Final = " holds "
_NANOS: Final = 1_000_000


def tell_case(
    case: Case,
    state: State,
    there: frozenset[str],
    looked: Callable[[str], bool] = lambda _: True,
) -> tuple[Saying, ...]:
    """Say finding and tasks, the list kept as evidence.

    `state`: the newest of every file known. `there`: those that are still there; the task of one
    that is gone, or was read whole and holds nobody any more, is said to be done. `looked`: whether
    this sweep looked where a path lies; of any other nothing is said. A task is written once. It
    has the file's name (`State.name_of`) and not its path, which stands in the list.
    """
    paths = {state.name_of(path): path for path in state.files}
    present = [state.files[path] for path in sorted(there) if path in state.files]
    digest = case.keep(listed(present, state.name_of), "sweep list: files, patients, owners")
    finding = Finding("sweep", summary(present), "each patient by a posterior of 0.99")
    wanted = {state.name_of(each.path): _task(each, state) for each in present if each.sure}
    standing = {
        name: (written.number, task)
        for written, task in case.standing(Task)
        if (name := _name_of(task))
    }
    unread = {state.name_of(each.path) for each in present if each.lost}
    ended = [
        Saying(Task(task.what, task.owner, done=True), number)
        for name, (number, task) in standing.items()
        if not (task.done or name in wanted or name in unread)
        and name in paths
        and looked(paths[name])
    ]
    new = [
        Saying(task, standing[name][0] if name in standing else None)
        for name, task in wanted.items()
        if name not in standing or standing[name][1] != task
    ]
    return Saying(finding, evidence=(digest,)), *ended, *new


def is_of_sweep(event: Event) -> bool:
    """Say whether an event is a task of a sweep: there may be one for each file of a share."""
    return isinstance(event, Task) and event.what.startswith(_PREFIX)


def summary(files: list[Swept]) -> str:
    """Say in words what files hold."""
    found = total(files)
    kinds = sorted({kind for each in files for kind in each.kinds})
    of_kinds = f" ({', '.join(kinds)})" if kinds else ""
    return (
        f"{many(len(found.patients), 'patient')} in {found.holding:,} of "
        f"{many(found.files, 'file')}{of_kinds}; "
        f"{found.unread:,} could not be read, or not whole"
    )


def listed(files: Iterable[Swept], name_of: Callable[[str], str]) -> bytes:
    """Write what is known of each file that holds somebody or could not be read, a line each."""
    return b"".join(_lines(files, name_of))


def _lines(files: Iterable[Swept], name_of: Callable[[str], str]) -> Iterator[bytes]:
    for each in files:
        if not (each.patients or each.lost):
            continue
        told = {
            "name": name_of(each.path),
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


def _task(each: Swept, state: State) -> Task:
    modified = when(Millis(each.stamp[1] // _NANOS))
    return Task(
        f"{_PREFIX}{state.name_of(each.path)}{_HOLDS}{many(len(each.sure), 'patient')} "
        f"({', '.join(each.kinds)}), last changed {modified}, readable by {each.readers}: file it "
        "in the charts or delete it",
        each.owner,
    )


def _name_of(task: Task) -> str:
    """Read the file's name back out of a task of a sweep; "" of any other."""
    if not task.what.startswith(_PREFIX):
        return ""
    return task.what.removeprefix(_PREFIX).partition(_HOLDS)[0]
