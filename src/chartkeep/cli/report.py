"""A drill's one-page report: what happened here, beside what happened then, for a director."""

from html import escape
from pathlib import Path
from typing import NamedTuple

from chartkeep.cli.options import console
from chartkeep.errors import DamagedError

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em;
       color: #1a1a1a; }
h1 { font-size: 1.5em; margin-bottom: .2em }
.verdict { font-size: 1.15em; padding: .6em .9em; border-left: .4em solid #1b7f3b;
           background: #eef7f0 }
.verdict.bad { border-color: #b3261e; background: #fbeeee }
table { border-collapse: collapse; width: 100%; margin: 1.2em 0 }
th, td { text-align: left; vertical-align: top; padding: .45em .7em; border-top: 1px solid #ccc }
th { border-top: 0 } td:first-child { width: 22% } td:nth-child(2) { color: #555 }
td:last-child { font-weight: 600 }
footer { color: #555; font-size: .85em }
@media print { body { margin: 0; font-size: 11px } }
"""


class Row(NamedTuple):
    """One question a director asks: how it was then, how it is in this drill."""

    question: str
    then: str
    now: str


class Report(NamedTuple):
    """A drill's answer. `held`: everything that had to hold did."""

    title: str
    held: bool
    verdict: str
    then: str
    rows: list[Row]
    footer: list[str]

    def write(self, path: Path) -> None:
        """Write it as one HTML page that needs nothing else, and prints on one sheet."""
        path.write_text(self.html())

    def html(self) -> str:
        """Write the page."""
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>\n" for row in self.rows
        )
        footer = "".join(f"<p>{escape(sentence)}</p>" for sentence in self.footer)
        return (
            f'<!doctype html>\n<html lang="en"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(self.title)}</title><style>{_STYLE}</style>\n"
            f"<h1>{escape(self.title)}</h1>\n"
            f'<p class="verdict{"" if self.held else " bad"}">{escape(self.verdict)}</p>\n'
            f"<table><tr><th></th><th>{escape(self.then)}</th><th>this drill</th></tr>\n"
            f"{rows}</table>\n<footer>{footer}</footer></html>\n"
        )


def conclude(report: Report, folder: Path) -> None:
    """End a drill: its page in its folder, its answers here.

    Raises DamagedError when anything did not hold.
    """
    path = folder / "report.html"
    report.write(path)
    console.print(f"\n[bold]{report.verdict}[/]")
    for row in report.rows:
        console.print(f"  {row.question}: {row.now}", markup=False)
    console.print(f"\nthe report, one page, with {report.then} beside it: {path}", soft_wrap=True)
    if not report.held:
        raise DamagedError("something that had to hold did not", hint=f"see {path}")
