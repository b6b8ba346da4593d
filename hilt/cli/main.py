"""The ``hilt`` command: its subcommands, each a module here, and how it ends."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from hilt.cli.commands import CommandsOnDemand
from hilt.core.exceptions import HILTError, NoMatchError

__all__ = ["app", "main", "run"]

NO_MATCH = 1
"""The exit code for an ID, a model or another name that nothing in a log has."""

WRONG_USAGE = 2
"""The exit code for an unknown option, a missing log and the like."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_CLOSED = 1
"""The exit code where nobody reads the output any more."""

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
        try:
            app(args=list(arguments), prog_name="hilt")
        finally:
            sys.stdout.flush()  # what cannot be written is said here, not by the interpreter
    except HILTError as error:
        from hilt.cli.output import default_log

        hint = ""
        if str(error) == f"{default_log()}: there is no such log":  # as if no log was named
            hint = "; name a log, or set HILT_FILEPATH"
        text = naming_options(str(error), arguments)
        code = _refused(f"{text}{hint}")
        return NO_MATCH if isinstance(error, NoMatchError) else code
    except OSError as error:
        if error.filename is not None:
            # Such as a name that is too long, which is refused wherever it is looked at first.
            return _refused(f"{os.fsdecode(error.filename)}: {error.strerror or error}")
        if error.errno not in (errno.EPIPE, *_FULL):
            raise
        _drop_output()
        if error.errno == errno.EPIPE:
            return _CLOSED
        return _refused(f"the output cannot be written: {error.strerror}")
    except UnicodeEncodeError:
        odd = next((each for each in arguments if not _is_text(each)), None)
        if odd is None:
            raise
        encoding = sys.getfilesystemencoding()
        return _refused(f"{odd!r} is not text in {encoding}, the encoding of the locale")
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else bool(ending.code)
    return 0


def _refused(message: str) -> int:
    from hilt.cli.output import errors

    errors.print(f"hilt: {message}", markup=False, highlight=False, soft_wrap=True)
    return WRONG_USAGE


def _drop_output() -> None:
    """Let what could not be written not be tried again when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _is_text(argument: str) -> bool:
    """Whether an argument is text, rather than bytes of another encoding."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def main() -> None:
    """Run the command that the shell gave, and exit."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed, as by >&-
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 # until the end
            setattr(sys, name, nowhere)
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 # as above
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack characters that a log has
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:]))
