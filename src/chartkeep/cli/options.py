"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path,
    typer.Option(
        "--home", envvar="CHARTKEEP_HOME", help="The folder chartkeep init made for this house."
    ),
]
