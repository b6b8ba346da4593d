"""Options that every command about a sheet has: who signs in, and the tab."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["CredentialsOption", "WorksheetOption"]

CredentialsOption = Annotated[
    str | None,  # no `Path`, which makes one of two slashes: people give the key itself, too
    typer.Option(
        "--credentials",
        metavar="PATH",
        envvar=["HILT_CREDENTIALS_PATH", "GOOGLE_CREDENTIALS_PATH"],
        help="A credentials file (JSON) for the sheet; the Application Default Credentials if not "
        "given.",
    ),
]
WorksheetOption = Annotated[
    str, typer.Option("--worksheet", envvar="HILT_WORKSHEET_NAME", help="The tab of the log.")
]
