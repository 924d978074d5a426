"""What the Okayama drill measured, and the page that holds it beside what happened in 2024.

Facts of 2024 with their sources: docs/decisions/0027-okayama-is-played.md.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from chartkeep.cli.report import Report, Row
from chartkeep.recovery.proof import Proof


@dataclass
class Story:
    """What was measured; seconds are of this machine."""

    seconds: float = 0.0
    intruder: tuple[int, float] = (0, 0.0)
    pack: tuple[float, int] = (0.0, 0)
    havoc: tuple[int, int] = (0, 0)
    alarm: float | None = None
    sheets: tuple[int, float] = (0, 0.0)
    inpatients: tuple[int, float] = (0, 0.0)
    restored: float = 0.0
    proof: Proof | None = None
    receipts: tuple[int, int] = (0, 0)
    paper: tuple[int, int, int, float] = (0, 0, 0, 0.0)
    exposed: tuple[int, float, bool] = (0, 0.0, False)
    swept: tuple[str, float, bool] = ("", 0.0, False)

    def alarm_words(self) -> str:
        """Say when somebody was told."""
        return "no alarm" if self.alarm is None else f"the alarm rang after {self.alarm:.1f} s"

    @property
    def held(self) -> bool:
        """Say whether everything that had to hold did."""
        charts, _, exact = self.exposed
        kept, lost = self.receipts
        forms, _, open_, _ = self.paper
        return bool(
            self.alarm is not None and self.sheets[0] and self.inpatients[0]
            and self.proof is not None and self.proof.whole and kept and not lost and forms
            and not open_ and charts and exact and self.swept[2]
        )  # fmt: skip


def report_of(story: Story) -> Report:
    """Write the page."""
    kept, lost = story.receipts
    held = story.held
    verdict = (
        f"Everything held: {kept} acknowledged values, {lost} missing; inpatients readable "
        f"{story.inpatients[1]:.0f} s after the restore began."
        if held
        else "Something that had to hold did not. Read each line."
    )
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    played = (
        f"Played on one machine, {when}, in {story.seconds:.0f} s: folders stand for hosts, people "
        "and patients are invented; processes, keys, ledgers and files are real."
    )
    sources = (
        "2024: the hospital's own page (popmc.jp) and the press, sources in "
        "docs/decisions/0027-okayama-is-played.md. A small house does not show how long 40,000 "
        "charts take: bench/results.md has the rates."
    )
    return Report(
        "Okayama, played against this house", held, verdict, "Okayama, May 2024", _rows(story),
        [played, sources],
    )  # fmt: skip


def _rows(story: Story) -> list[Row]:
    stolen, frozen = story.intruder
    files, size = story.havoc
    sheets, opened = story.sheets
    beds, ready = story.inpatients
    kept, lost = story.receipts
    forms, held, open_, entered = story.paper
    charts, listed, exact = story.exposed
    swept, seconds, right = story.swept
    return [
        Row(
            "An intruder in the application",
            "inside unnoticed; the virus scanner was removed",
            f"frozen by a decoy chart after {stolen} charts, {frozen:.1f} s",
        ),
        Row(
            "Everything is encrypted",
            "noticed when the system was down, Sunday at 16:00",
            f"{files} files, {size / 1e6:,.0f} MB; {story.alarm_words()}",
        ),
        Row(
            "Care without the system",
            "paper; a temporary chart system after three weeks",
            f"the ward's pack of {sheets} patients open after {opened:.1f} s, without a server",
        ),
        Row(
            "Charts readable again",
            "December 2024: seven months until all was restored",
            f"{beds} inpatients after {ready:.1f} s, everything after {story.restored:.1f} s",
        ),
        Row(
            "Is anything missing?",
            "not said",
            f"{kept} acknowledged values read again, {lost} missing; {_root(story.proof)}",
        ),
        Row(
            "Paper into the chart",
            "not said",
            f"{forms} forms entered in {entered:.1f} s, {held} decided by a person, "
            f"{open_} packs with open numbers",
        ),
        Row(
            "Whose data?",
            'after 23 days: "up to 40,000" patients',
            f"{'exactly' if exact else 'NOT'} {charts} charts, proved, after {listed:.1f} s",
        ),
        Row(
            "Whom is the shared folder about?",
            "names, diagnoses and meeting documents; which, was not said",
            f"{swept}; {'every file right' if right else 'NOT right'}, {seconds:.1f} s",
        ),
    ]  # fmt: skip


def _root(proof: Proof | None) -> str:
    if proof is None:
        return "no proof"
    words = "the ledger's root is" if proof.cosigned else "the ledger's root is NOT"
    return f"{words} the one the witness cosigned"
