"""The ``hilt`` command: its subcommands, each a module here, and how it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated

import typer

from hilt.cli import convert, demo, doctor, import_, replay, tail, validate
from hilt.cli.output import errors
from hilt.core.exceptions import HILTError

__all__ = ["app", "main", "run"]

WRONG_USAGE = 2
"""The exit code when the command was called in a wrong way."""

app = typer.Typer(
    name="hilt",
    help="Log what humans and models say to each other, and look at the log.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 something was found, 2 wrong usage.",
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
    """Log what humans and models say to each other, and look at the log."""


app.command("tail")(tail.tail)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.command("validate")(validate.validate)
app.command("convert")(convert.convert)
app.command("import")(import_.import_command)
app.command("replay", context_settings={"allow_extra_args": True})(replay.replay)

for _name in ("sheets", "privacy"):
    if find_spec(f"hilt.cli.{_name}") is not None:
        app.add_typer(import_module(f"hilt.cli.{_name}").app, name=_name)


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
    sys.exit(run(sys.argv[1:]))
