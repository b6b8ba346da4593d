"""``hilt sheets``: make a spreadsheet ready, check it, bring reviews back, see what waits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.output import counted, default_log, errors, print_json, results
from hilt.cli.sheet_options import CredentialsOption, WorksheetOption

if TYPE_CHECKING:
    from hilt.io.sheets.sink import SheetsSink

__all__ = ["app"]

app = typer.Typer(
    help="Log to Google Sheets: make a sheet ready, bring reviews back, see what waits.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SheetId = Annotated[
    str | None,
    typer.Option(
        "--sheet-id",
        envvar=["HILT_SHEET_ID", "GOOGLE_SHEET_ID"],
        help="The spreadsheet: its address, or the long id in it.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def setup(
    sheet_id: SheetId = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    *,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns",
            envvar="HILT_COLUMNS",
            help="Columns, separated by commas; all if not given.",
        ),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(
            "--rows",
            envvar="HILT_ROWS",
            help="What a row is: calls or events. A new tab has calls, another keeps what it has.",
        ),
    ] = None,
    review: Annotated[
        bool, typer.Option("--review", help="Add columns: rating, comment, correction.")
    ] = False,
    dashboard: Annotated[bool, typer.Option(help="Add a tab with figures and charts.")] = True,
) -> None:
    """Make the tab of the log, its header, and a dashboard; what is there stays as it is."""
    names = [name.strip() for name in columns.split(",")] if columns else None
    sink = _sink(sheet_id, credentials, worksheet, columns=names, rows=rows, review=review)
    for line in sink.setup(dashboard=dashboard):
        errors.print(line, markup=False, highlight=False)
    results.print(
        f"https://docs.google.com/spreadsheets/d/{sink.sheet_id}/edit",
        markup=False,
        highlight=False,
    )


@app.command()
def check(
    sheet_id: SheetId = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    *,
    as_json: AsJson = False,
) -> None:
    """Check clock, credentials, API, sharing, writing, quota and rows.

    The exit code is 1 at the first failure.
    Nothing is left behind in the spreadsheet.
    """
    from hilt.io.sheets.check import check_sheet

    ok = True
    for result in check_sheet(_sink(sheet_id, credentials, worksheet)):
        ok = ok and result.ok
        if as_json:
            print_json({"name": result.name, "ok": result.ok, "text": result.text})
            continue
        mark, style = ("ok  ", "green") if result.ok else ("FAIL", "red")
        results.print(mark, style=style, end=" ")
        results.print(f"{result.name + ':':<13}{result.text}", markup=False, highlight=False)
    if not ok:
        raise typer.Exit(1)


@app.command()
def pull(
    sheet_id: SheetId = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    *,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="The log; HILT_FILEPATH or logs/hilt.jsonl if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring what reviewers wrote in the sheet into a log, as feedback events; each once."""
    from rich.progress import Progress

    from hilt.io.read.events import read_events
    from hilt.io.session import Session

    sink = _sink(sheet_id, credentials, worksheet)
    log = into or default_log()
    logged = read_events(log) if log.exists() else ()
    with Progress(console=errors, disable=not errors.is_terminal, transient=True) as progress:
        task = progress.add_task("Reading reviews", total=None)
        found = [
            *sink.feedback(
                logged, lambda done, total: progress.update(task, completed=done, total=total)
            )
        ]
    if found:
        with Session(log) as session:
            session.append_all(found)
    for event in found:
        if as_json:
            print_json(event.to_dict())
    errors.print(f"{counted(len(found), 'new review')} in {log}", markup=False, highlight=False)


@app.command()
def status(
    *,
    outbox: Annotated[
        Path | None, typer.Option("--outbox", help="The folder of the outboxes.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What waits on this machine to be sent; exit code 1 if something is wrong."""
    from hilt.io.sheets.outbox_status import outbox_status

    found = outbox_status(outbox)
    for each in found:
        if as_json:
            print_json({**each.to_dict(), "problem": each.problem})
            continue
        delivered = each.last_delivery or "never"
        results.print(
            f"{each.worksheet_name} in {each.sheet_id}: {counted(each.waiting, 'event')} waiting "
            f"({each.waiting_bytes:,} of {each.limit_bytes:,} bytes), last delivery {delivered}",
            markup=False,
            highlight=False,
        )
        if each.problem:
            errors.print(f"  {each.problem}", style="red", markup=False, highlight=False)
    if not found and not as_json:
        errors.print("Nothing was ever sent to Google Sheets from here.")
    if any(each.problem for each in found):
        raise typer.Exit(1)


def _sink(
    sheet_id: str | None, credentials: str | None, worksheet: str, **options: object
) -> SheetsSink:
    from hilt.core.exceptions import ConfigurationError
    from hilt.io.sheets.sink import SheetsSink

    if not sheet_id:
        raise ConfigurationError(
            "no spreadsheet is named: give its address or id with --sheet-id, or set "
            "GOOGLE_SHEET_ID (or HILT_SHEET_ID)"
        )
    return SheetsSink(
        sheet_id=sheet_id,
        credentials_path=credentials,
        worksheet_name=worksheet,
        **options,  # type: ignore[arg-type]  # columns and review
    )
