"""The ``hilt`` command: its subcommands, each a module here, and how it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer

from hilt.cli.commands import CommandsOnDemand
from hilt.core.exceptions import HILTError, NoMatchError

__all__ = ["app", "main", "run"]

NO_MATCH = 1
"""The exit code for an ID, a model or another name that nothing in a log has."""

WRONG_USAGE = 2
"""The exit code for an unknown option, a missing log and the like."""

_OPTIONS = (
    ("credentials_path", "--credentials"),
    ("sheet_id", "--sheet-id"),
    ("sheet_id", "--sheet"),
    ("worksheet_name", "--worksheet"),
    ("privacy", "--policy"),
    ("columns", "--columns"),
    ("columns", "--fields"),
    ("action", "--action"),
    ("engine", "--engine"),
    ("rows", "--rows"),
    ("text", "--text"),
)
"""Arguments of the library, and options with other names."""

app = typer.Typer(
    name="hilt",
    cls=CommandsOnDemand,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich takes longer to import than most commands take to answer
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


def naming_options(message: str, arguments: Sequence[str]) -> str:
    """A message that begins with the option that was given, where an argument has another name.

    >>> naming_options("sheet_id: 'x' is none", ["sheets", "check", "--sheet-id=x"])
    "--sheet-id: 'x' is none"
    """
    given = {each.partition("=")[0] for each in arguments}
    for name, option in _OPTIONS:
        rest = message.removeprefix(name)
        if option in given and rest != message and rest[:1] in (":", " "):
            return option + rest
    return message


def run(arguments: Sequence[str]) -> int:
    """Run the command with these arguments, and return its exit code.

    Results go to stdout, everything else to stderr.
    """
    try:
        app(args=list(arguments), prog_name="hilt")
    except HILTError as error:
        from hilt.cli.output import default_log, errors

        hint = ""
        if str(error) == f"{default_log()}: there is no such log":  # as if no log was named
            hint = "; name a log, or set HILT_FILEPATH"
        text = naming_options(str(error), arguments)
        errors.print(f"hilt: {text}{hint}", markup=False, highlight=False, soft_wrap=True)
        return NO_MATCH if isinstance(error, NoMatchError) else WRONG_USAGE
    except OSError as error:
        from hilt.cli.output import errors

        if error.filename is None:
            raise
        # Such as a name that is too long, which is refused wherever it is looked at first.
        text = f"hilt: {os.fsdecode(error.filename)}: {error.strerror or error}"
        errors.print(text, markup=False, highlight=False, soft_wrap=True)
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
