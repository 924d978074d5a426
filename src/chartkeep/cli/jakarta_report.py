"""What the Jakarta drill measured, and the page that holds it beside what happened in 2022.

Facts of 2022 with their sources: docs/decisions/0028-jakarta-is-played.md.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from chartkeep.cli.report import Report, Row
from chartkeep.incident.thief import Loot
from chartkeep.model import Millis


@dataclass
class Traced:
    """What the trace of the posted files said, and whether it was so."""

    ours: dict[str, str] = field(default_factory=dict)
    """What each hospital's desk said of the files."""
    owner: bool = False
    """Only the hospital they came from said that they are its record."""
    rows: tuple[int, int] = (0, 0)
    """Rows with the right patient, and rows with a wrong one."""
    moment: str = ""
    timely: bool = False
    """The export lies in the interval that was named for the copy."""
    door: str = ""
    right: bool = False
    seconds: float = 0.0


@dataclass
class Story:
    """What was measured; seconds are of this machine."""

    seconds: float = 0.0
    stolen: tuple[Loot, float] | None = None
    exported: tuple[int, Millis, Millis] = (0, Millis(0), Millis(0))
    posted: int = 0
    traced: Traced = field(default_factory=Traced)
    exposed: tuple[int, float, bool] = (0, 0.0, False)
    drafts: tuple[int, int, float] = (0, 0, 0.0)
    letters: tuple[int, float] = (0, 0.0)
    bag: bool = False

    @property
    def held(self) -> bool:
        """Say whether everything that had to hold did."""
        exported, _, _ = self.exported
        exposed, _, exact = self.exposed
        return bool(
            self.stolen is not None and self.stolen[0].entries and not self.stolen[0].opened
            and not self.stolen[0].readable and self.traced.owner and not self.traced.rows[1]
            and self.traced.timely and self.traced.right and exact and exposed == exported
            and self.drafts[0] and not self.drafts[1] and self.letters[0] == exposed and self.bag
        )  # fmt: skip


def report_of(story: Story) -> Report:
    """Write the page."""
    held = story.held
    charts, _, _ = story.exposed
    verdict = (
        f"Everything held: the stolen server opened nothing, the sample is of one export, "
        f"{charts} patients are concerned and no other."
        if held
        else "Something that had to hold did not. Read each line."
    )
    played = (
        f"Played on one machine, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, in {story.seconds:.0f} s: "
        "folders stand for hosts, people and patients are invented; processes, keys, ledgers and "
        "files are real."
    )
    sources = (
        "2022: what the ministries said to the press, sources in "
        "docs/decisions/0028-jakarta-is-played.md. A few dozen charts do not show how long six "
        "million take: bench/results.md has the rates."
    )
    return Report(
        "Jakarta, played against this house", held, verdict, "Jakarta, January 2022", _rows(story),
        [played, sources],
    )  # fmt: skip


def _rows(story: Story) -> list[Row]:
    charts, listed, exact = story.exposed
    right, wrong = story.traced.rows
    drafts, late, drafted = story.drafts
    letters, written = story.letters
    traced = story.traced
    return [
        Row(
            "The central server is copied",
            '"720 GB": names, X-rays, results of 6 million patients, for sale',
            story.stolen[0].sentence() if story.stolen else "not copied",
        ),
        Row(
            "Is what was posted ours?",
            "being assessed; a year before, by comparing columns",
            f"{'; '.join(f'{name}: {said}' for name, said in traced.ours.items())}; of "
            f"{story.posted} rows and pictures {right} have their patient, {wrong} a wrong one; "
            f"{traced.seconds:.1f} s",
        ),
        Row("As of when?", "not said", traced.moment),
        Row("Through which door?", "not said; no root cause was published", traced.door),
        Row(
            "Whose data?",
            "not said",
            f"{'exactly' if exact else 'NOT'} {charts} charts, proved, after {listed:.1f} s",
        ),
        Row(
            "Who must be told?",
            "three ministries and agencies asked each other",
            f"{drafts} drafts for ministry, agencies and press in {drafted:.1f} s, {late} too late",
        ),
        Row(
            "The people concerned",
            "not told",
            f"{letters} letters in {written:.1f} s, each in a named state",
        ),
        Row(
            "Can an outsider check it?",
            "no",
            "a stranger's script says that the bag of evidence holds"
            if story.bag
            else "the bag of evidence does NOT hold",
        ),
    ]
