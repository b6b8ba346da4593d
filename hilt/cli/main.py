"""The ``hilt`` command: its subcommands, each a module here, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from hilt.cli import (
    convert,
    cost,
    demo,
    doctor,
    import_,
    privacy,
    replay,
    report,
    search,
    sheets,
    show,
    sql,
    stats,
    tail,
    validate,
)
from hilt.cli.output import errors
from hilt.core.exceptions import HILTError

__all__ = ["app", "main", "run"]

WRONG_USAGE = 2
"""The exit code for an unknown option, a missing log and the like."""

app = typer.Typer(
    name="hilt",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 success, 1 problems found, 2 wrong usage, 130 interrupted.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"hilt {version('hilt')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", callback=_show_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Log what humans and models say to each other, and read the logs."""


app.command("tail")(tail.tail)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("stats")(stats.stats)
app.command("cost")(cost.cost)
app.command("report")(report.report)
app.command("search")(search.search)
app.command("show")(show.show)
app.command("sql")(sql.sql)
app.command("validate")(validate.validate)
app.command("convert")(convert.convert)
app.command("import")(import_.import_command)
app.command("replay", context_settings={"allow_extra_args": True})(replay.replay)
app.command("redact")(privacy.redact)
app.command("retain")(privacy.retain)
app.command("unseal")(privacy.unseal)
app.add_typer(privacy.privacy, name="privacy")
app.add_typer(privacy.subject, name="subject")
app.add_typer(sheets.app, name="sheets")


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments, and return its exit code.

    Results go to stdout, everything else to stderr.
    """
    try:
        app(args=list(arguments), prog_name="hilt")
    except HILTError as error:
        errors.print(f"hilt: {error}", markup=False, highlight=False, soft_wrap=True)
        return WRONG_USAGE
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else bool(ending.code)
    return 0


def main() -> None:
    """Run the command that the shell gave, and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack characters that a log has
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))
