"""Options that every command about a sheet has: who signs in, and the tab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["CredentialsOption", "WorksheetOption"]

CredentialsOption = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        envvar=["HILT_CREDENTIALS_PATH", "GOOGLE_CREDENTIALS_PATH"],
        help="A credentials file (JSON) for the sheet; the Application Default Credentials if not "
        "given.",
    ),
]
WorksheetOption = Annotated[
    str, typer.Option("--worksheet", envvar="HILT_WORKSHEET_NAME", help="The tab of the log.")
]
