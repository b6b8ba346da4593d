"""``hilt subject``: what a log holds on a person, found, exported or erased."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilt.cli.filtering import print_sealed
from hilt.cli.output import counted, errors, print_json, results
from hilt.cli.privacy_places import (
    DryRunOption,
    KeysOption,
    LogArgument,
    NamedPlace,
    SheetOption,
    WhyOption,
    check_keys,
    named_place,
    progress,
    report_change,
    whole_file,
)
from hilt.cli.sheet_options import CredentialsOption, WorksheetOption
from hilt.core.exceptions import ConfigurationError

if TYPE_CHECKING:
    from hilt.privacy.tools.subject import Holdings, Subject

__all__ = ["subject"]

subject = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Find, export or erase what a log holds on a person.",
)

_PSEUDONYM = b'"id":"user_'

WhoArgument = Annotated[
    str,
    typer.Argument(
        help="A user's ID, a conversation's ID, or an e-mail address or number in texts."
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
InTextsOption = Annotated[
    bool | None,
    typer.Option(
        "--in-texts/--not-in-texts",
        help="Whether texts of others that name the subject count. "
        "If not given: for addresses and long numbers.",
        show_default=False,
    ),
]


@subject.command("find")
def find(
    who: WhoArgument,
    log: LogArgument = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    keys: KeysOption = None,
    in_texts: InTextsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Say what a log holds on a person or a conversation. The exit code is 1 if it is nothing.

    A log's own outbox, where rows wait for Google Sheets, is included; name the sheet as well to
    look through its rows.
    """
    at = named_place(log, sheet, credentials, worksheet)
    _, holdings = _find(who, at, keys, in_texts)
    if as_json:
        print_json(
            {
                "events": len(holdings.own),
                "by_action": holdings.by_action,
                "conversations": sorted(holdings.sessions),
                "people": sorted(holdings.people),
                "mentions": holdings.mentions,
                "sealed_not_searched": holdings.sealed,
                "unreadable_lines": holdings.unreadable,
            }
        )
    else:
        _show_holdings(at.name, holdings)
    if not (holdings.own or holdings.mentions):
        raise typer.Exit(1)


@subject.command("export")
def export(
    who: WhoArgument,
    log: LogArgument = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The file to write: .jsonl, or .html to be read."),
    ],
    keys: KeysOption = None,
    in_texts: InTextsOption = None,
) -> None:
    """Write everything that a log holds on a person or a conversation to a file.

    Events of others that name the person are theirs, too: they are written only with --in-texts.
    Sealed texts are opened where the key file has their keys.
    """
    from hilt.privacy.keys import KeyFile, default_key_path
    from hilt.privacy.tools.export import write_page
    from hilt.privacy.tools.subject import subject_events

    is_page = _is_page(output)
    at = named_place(log, sheet, credentials, worksheet)
    _, holdings = _find(who, at, keys, in_texts)
    key_path = keys or default_key_path()
    key_file = KeyFile(key_path) if key_path.exists() else None
    events = subject_events(at.place, holdings, key_file, with_mentions=bool(in_texts))
    with whole_file(output, log) as target:
        if is_page:
            summary = f"All events of {at.name} that belong to {who}."
            count = write_page(events, target, f"What is held on {who}", summary)
        else:
            count = 0
            for event in events:
                target.write(event.to_json() + "\n")
                count += 1
    errors.print(f"Wrote {counted(count, 'event')} to {output}")
    if holdings.mentions and not in_texts:
        errors.print(
            f"{counted(holdings.mentions, 'event')} of others with the name in the text: not "
            "written; --in-texts writes them, too"
        )
    left = len(holdings.own) + (holdings.mentions if in_texts else 0) - count
    if left:
        errors.print(f"{counted(left, 'event')} could not be read; hilt validate says which")
    _show_unreadable(holdings.unreadable)
    if left or holdings.unreadable or not count:
        raise typer.Exit(1)


def _is_page(output: Path) -> bool:
    """Whether a file is to be a page of HTML, by its ending, rather than lines of JSON.

    Raises:
        ConfigurationError: If its ending names another format.
    """
    ending = output.suffix.lower()
    if ending not in ("", ".jsonl", ".json", ".ndjson", ".html", ".htm"):
        raise ConfigurationError(
            f"-o {output}: the ending {ending} is of no format of an export; expected .jsonl, or "
            ".html to be read"
        )
    return ending in (".html", ".htm")


@subject.command("erase")
def erase(
    who: WhoArgument,
    log: LogArgument = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    keys: KeysOption = None,
    in_texts: InTextsOption = None,
    everybody: Annotated[
        bool,
        typer.Option("--everybody", help="Erase a conversation also if several people take part."),
    ] = False,
    why: WhyOption = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
) -> None:
    """Erase what a log holds on a person or a conversation, also while programs write to it.

    Events of the person and the answers to them are taken out, also of rotated and compressed
    files and of archives; in texts of others the name is replaced. What waits for a spreadsheet on
    this machine is included; with --sheet, the rows of the spreadsheet are, too, wherever people
    have sorted them. The keys of sealed texts are dropped, which
    erases them in every copy. What was done is noted in the log; to run it again changes nothing.
    """
    from hilt.privacy.tools.subject import erase as erase_subject

    at = named_place(log, sheet, credentials, worksheet)
    wanted, holdings = _find(who, at, keys, in_texts)
    _show_holdings(at.name, holdings)
    if not (holdings.own or holdings.mentions):
        errors.print("There is nothing to erase")
        if holdings.unreadable:
            raise typer.Exit(1)
        return
    # A person may stand there by an id, and by the pseudonym of a policy that came later.
    others = holdings.people - wanted.people
    if len(others) + (others != holdings.people) > 1 and not everybody:
        people = ", ".join(sorted(holdings.people)[:5])
        errors.print(
            f"{who} is a conversation of several people ({people}); name one of them, or give "
            "--everybody"
        )
        raise typer.Exit(1)
    if dry_run:
        return
    if not yes and not typer.confirm("Erase it for good?", err=True):
        raise typer.Exit(1)
    # First, as they are found by the events: a run that is interrupted now can be run again.
    dropped = wanted.drop_keys(holdings.sessions)
    with progress(at.place, "erasing") as on_bytes:
        change = erase_subject(at.place, wanted, holdings, why=why, on_bytes=on_bytes)
    report_change(at.name, "changed", change, dry_run=False)
    if dropped:
        errors.print(f"Dropped {counted(dropped, 'key')}")
    if holdings.unreadable:
        raise typer.Exit(1)


def _find(
    who: str, at: NamedPlace, keys: Path | None, in_texts: bool | None
) -> tuple[Subject, Holdings]:
    from hilt.privacy.keys import default_key_path
    from hilt.privacy.tools.places import place_of
    from hilt.privacy.tools.subject import Subject, find_subject

    wanted = Subject(who, keys and check_keys(keys), in_texts)
    with progress(at.place, "looking") as on_bytes:
        holdings = find_subject(at.place, wanted, on_bytes)
    unknown = not holdings.own and keys is None and not (path := default_key_path()).exists()
    if unknown and any(_PSEUDONYM in block for block in place_of(at.place).blocks(None)):
        errors.print(
            f"Pseudonyms were not looked for: there is no key file {path}; --keys names one"
        )
    return wanted, holdings


def _show_holdings(name: str, holdings: Holdings) -> None:
    for action, count in sorted(holdings.by_action.items()):
        results.print(f"{action:<18}{count:>10,}")
    text = (
        f"{name}: {counted(len(holdings.own), 'event')} in "
        f"{counted(len(holdings.sessions), 'conversation')}"
    )
    if holdings.mentions:
        text += f", and {counted(holdings.mentions, 'event')} of others with the name in the text"
    errors.print(text)
    _show_unreadable(holdings.unreadable)
    print_sealed(holdings.sealed)


def _show_unreadable(count: int) -> None:
    if count:
        errors.print(
            f"{counted(count, 'line')} with the name could not be read; hilt validate says which"
        )
