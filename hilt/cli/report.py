"""``hilt report``: a log as one page that opens anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import Logs, check_matches, log_of, print_skipped, with_filters
from hilt.cli.output import counted, errors
from hilt.cli.pages import MOST_CONVERSATIONS, write_page
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters

__all__ = ["report"]


@with_filters
def report(
    logs: Logs = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")],
    conversations: Annotated[
        int,
        typer.Option("--conversations", "-n", min=0, help="How many of the newest to show."),
    ] = MOST_CONVERSATIONS,
    filters: Filters,
) -> None:
    """Write calls as one HTML page: figures, charts and transcripts.

    The page loads nothing and runs no script. It says what was left out: conversations older than
    the newest, calls after the first 100 of one, the end of texts beyond 20,000 characters,
    and what comes after 10 million characters.
    """
    from hilt.io.read.convert import check_other_file, opened

    if output.suffix.lower() not in ("", ".html", ".htm", ".xhtml"):
        raise ConfigurationError(
            f"-o {output}: the page is HTML; expected a name such as {output.stem}.html"
        )
    log = log_of(logs, archives=True)
    for path in log.paths:
        check_other_file(path, output)
    with opened(output) as file:
        count, statistics = write_page(log, filters, file, conversations)
        print_skipped(statistics.skipped, statistics.errors)
        check_matches(count, filters, "conversation")  # and if nothing does, no page is left
    errors.print(f"Wrote {counted(count, 'conversation')} to {output}")
