"""`chartkeep incident VERB`: the incident desk's commands, joined as `cli.main` joins all others.

To add a verb: a module here with `register(app)`, and a row in `VERBS`.
"""

from importlib import import_module
from typing import Final

import typer

VERBS: Final = {
    "home": ("home", "learn"),
    "case": ("new", "cases", "show", "check"),
    "report": ("report-in",),
    "say": ("aware", "know", "window", "concern", "decide", "note"),
    "agree": ("agree",),
    "close": ("close",),
    "evidence": ("keep", "fetch"),
    "exposure": ("exposure", "difference"),
    "timeline": ("timeline",),
    "rekey": ("rekey",),
    "index": ("index",),
    "trace": ("trace",),
    "name": ("name",),
    "sweep": ("sweep",),
    "drafts": ("duties", "drafts", "sent"),
    "letters": ("letters",),
    "call": ("call",),
    "export": ("export", "stamp"),
    "anchor": ("anchor",),
    "serve": ("serve",),
    "page": ("page",),
}  # fmt: skip
"""The verbs of each module of `cli.incident`, in the order of a day at the desk."""


def register(app: typer.Typer, verb: str = "") -> None:
    """Add the verbs; of one that is asked for, its own module alone and the libraries it wants."""
    incident = typer.Typer(
        no_args_is_help=True, help="Whose data, how, through which door, who must be told by when."
    )
    incident.callback()(_group)
    mine = [module for module, verbs in VERBS.items() if verb in verbs]
    for module in mine or VERBS:
        import_module(f"chartkeep.cli.incident.{module}").register(incident)
    app.add_typer(incident, name="incident")


def _group() -> None:
    """Whose data, how it happened, through which door, who must be told by when."""
