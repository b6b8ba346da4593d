"""``hilt privacy``, ``redact``, ``subject``, ``retain``, ``unseal``: what a log says of people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hilt.cli.output import counted, default_log, errors, print_json, results

if TYPE_CHECKING:
    from hilt.privacy.tools.rewriting import LogChange
    from hilt.privacy.tools.subject import Holdings, Subject
    from hilt.privacy.tools.survey import Survey

__all__ = ["privacy", "redact", "retain", "subject", "unseal"]

privacy = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check a log for personal data."
)
subject = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Find, export or erase what a log holds on a person.",
)

LogArgument = Annotated[
    Path | None,
    typer.Argument(help="The log. If it is not given, HILT_FILEPATH or logs/hilt.jsonl."),
]
WhoArgument = Annotated[
    str,
    typer.Argument(
        help="A user's ID, a conversation's ID, or an e-mail address or number in texts."
    ),
]
WhyOption = Annotated[
    str | None, typer.Option("--why", help="The reason, for the receipt in the log.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", "-n", help="Only say what would be done.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
KeysOption = Annotated[
    Path | None,
    typer.Option("--keys", help="The key file, if it is not HILT_PRIVACY_KEY_FILE or the default."),
]
InTextsOption = Annotated[
    bool | None,
    typer.Option(
        "--in-texts/--not-in-texts",
        help="Whether texts of others that name the subject count. "
        "If not given: for addresses and long numbers.",
        show_default=False,
    ),
]


@privacy.command("check")
def check(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(help="The logs. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
    ] = None,
    *,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Look for this kind only; may be given several times."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each log.")
    ] = False,
) -> None:
    """Say which kinds of personal data stand where in a log, and how often.

    No value is shown. The exit code is 1 if anything was found. Names and postal addresses have no
    form, and are not found.
    """
    from hilt.privacy.policy import Policy
    from hilt.privacy.tools.survey import survey_log

    wanted = Policy(redact=frozenset(kinds)).redact if kinds else Policy().redact
    clean = True
    for log in logs or [default_log()]:
        with _progress(log, "checking") as on_bytes:
            survey = survey_log(log, wanted, on_bytes=on_bytes)
        clean = clean and not survey.found
        if as_json:
            print_json({"log": str(log), **survey.to_dict()})
        else:
            _show_survey(log, survey)
    if not clean:
        raise typer.Exit(1)


def _show_survey(log: Path, survey: Survey) -> None:
    from rich.table import Table

    if survey.found:
        table = Table(box=None, pad_edge=False)
        for name, justify in (("kind", "left"), ("place", "left"), ("count", "right")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]  # rich's own literal
        for (kind, place), count in survey.found.most_common():
            table.add_row(kind, place, f"{count:,}")
        results.print(table)
    found = sum(survey.found.values())
    errors.print(
        f"{log}: {counted(found, 'value')} in {counted(survey.with_findings, 'event')} of "
        f"{survey.events:,}"
    )
    if survey.unreadable:
        errors.print(f"{log}: {counted(survey.unreadable, 'line')} could not be read")
    if survey.chunks:
        errors.print(
            f"{log}: {counted(survey.chunks, 'chunk')} with text of their own; "
            "what they say was looked at in their completions"
        )


def redact(
    log: LogArgument = None,
    *,
    policy: Annotated[
        str,
        typer.Option("--policy", help="redact, pseudonymous, metadata, sealed, or a TOML file."),
    ] = "redact",
    why: WhyOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Apply a privacy policy to a log, also while programs write to it.

    Rotated and compressed files are included. What was done is noted in the log; to run it again
    changes nothing.
    """
    from hilt.privacy.policy import Policy, policy_of
    from hilt.privacy.tools.redaction import redact_log

    path = _existing(log)
    chosen = policy_of(policy) or Policy()
    with _progress(path, "redacting") as on_bytes:
        change = redact_log(path, chosen, why=why, dry_run=dry_run, on_bytes=on_bytes)
    _say(path, "redacted", change, dry_run=dry_run)


def retain(
    log: LogArgument = None,
    *,
    older_than: Annotated[
        str, typer.Option("--older-than", help="An age such as 90d or 12h, or a date.")
    ],
    actions: Annotated[
        list[str] | None,
        typer.Option("--action", help="Only events of this action; may be given several times."),
    ] = None,
    contents: Annotated[
        bool,
        typer.Option("--contents", help="Take out only what was said; keep numbers and times."),
    ] = False,
    why: WhyOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Take out what is older than a retention time, also while programs write to the log."""
    from hilt.privacy.tools.retention import cutoff_of, retain

    path = _existing(log)
    cutoff = cutoff_of(older_than)
    with _progress(path, "reading") as on_bytes:
        change = retain(
            path,
            cutoff,
            actions=tuple(actions or ()),
            contents_only=contents,
            why=why,
            dry_run=dry_run,
            on_bytes=on_bytes,
        )
    _say(path, "emptied", change, dry_run=dry_run)


@subject.command("find")
def find(
    who: WhoArgument,
    log: LogArgument = None,
    *,
    keys: KeysOption = None,
    in_texts: InTextsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Say what a log holds on a person or a conversation. The exit code is 1 if it is nothing."""
    path = _existing(log)
    _, holdings = _find(who, path, keys, in_texts)
    if as_json:
        print_json(
            {
                "events": len(holdings.own),
                "by_action": holdings.by_action,
                "conversations": sorted(holdings.sessions),
                "people": sorted(holdings.people),
                "mentions": holdings.mentions,
            }
        )
    else:
        _show_holdings(path, holdings)
    if not (holdings.own or holdings.mentions):
        raise typer.Exit(1)


@subject.command("export")
def export(
    who: WhoArgument,
    log: LogArgument = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to make: .jsonl, or .html to be read.")
    ],
    keys: KeysOption = None,
    in_texts: InTextsOption = None,
) -> None:
    """Write everything that a log holds on a person or a conversation to a file.

    Sealed texts are opened where the key file has their keys.
    """
    from hilt.privacy.keys import KeyFile, default_key_path
    from hilt.privacy.tools.export import write_page
    from hilt.privacy.tools.subject import subject_events

    path = _existing(log)
    _, holdings = _find(who, path, keys, in_texts)
    key_path = keys or default_key_path()
    events = subject_events(path, holdings, KeyFile(key_path) if key_path.exists() else None)
    with _whole_file(output) as target:
        if output.suffix.lower() in (".html", ".htm"):
            summary = f"All events of {path} that belong to {who}."
            count = write_page(events, target, f"What is held on {who}", summary)
        else:
            count = 0
            for event in events:
                target.write(event.to_json() + "\n")
                count += 1
    errors.print(f"Wrote {counted(count, 'event')} to {output}")
    if not count:
        raise typer.Exit(1)


@subject.command("erase")
def erase(
    who: WhoArgument,
    log: LogArgument = None,
    *,
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
    files; in texts of others the name is replaced. The keys of sealed texts are dropped, which
    erases them in every copy. What was done is noted in the log; to run it again changes nothing.
    """
    from hilt.privacy.tools.subject import erase as erase_subject

    path = _existing(log)
    wanted, holdings = _find(who, path, keys, in_texts)
    _show_holdings(path, holdings)
    if not (holdings.own or holdings.mentions):
        errors.print("There is nothing to erase")
        return
    if len(holdings.people) > 1 and not everybody:
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
    with _progress(path, "erasing") as on_bytes:
        change = erase_subject(path, wanted, holdings, why=why, on_bytes=on_bytes)
    dropped = wanted.drop_keys(holdings.sessions)
    _say(path, "changed", change, dry_run=False)
    if dropped:
        errors.print(f"Dropped {counted(dropped, 'key')}")


def unseal(
    log: LogArgument = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log to make, with the texts.")
    ],
    keys: KeysOption = None,
    why: WhyOption = None,
) -> None:
    """Write a sealed log with its texts, by the key file. That it was opened is noted in the log.

    The exit code is 1 if some events stay sealed, because their keys were dropped.
    """
    from hilt.core.event import Event
    from hilt.privacy.filter import opened
    from hilt.privacy.keys import KeyFile
    from hilt.privacy.tools.receipts import receipt_event
    from hilt.privacy.tools.rewriting import append_event, log_lines

    path = _existing(log)
    key_file = KeyFile(keys)
    done = closed = 0
    with _progress(path, "opening") as on_bytes, _whole_file(output) as target:
        for line in log_lines(path, on_bytes):
            if line[:1] != b"{":
                continue
            event = Event.from_json(line)
            whole = opened(event, key_file)
            done += whole is not None and whole is not event
            closed += whole is None
            target.write((whole or event).to_json() + "\n")
    append_event(path, receipt_event("unseal", why=why, events=done).encode() + b"\n")
    errors.print(f"Opened {counted(done, 'event')}, and wrote {output}")
    if closed:
        errors.print(f"{counted(closed, 'event')} cannot be opened: the keys were dropped")
        raise typer.Exit(1)


def _existing(log: Path | None) -> Path:
    from hilt.io.read.parts import check_readable
    from hilt.io.read.recognition import check_content

    path = log or default_log()
    check_readable(path, include_rotated=True)
    check_content(path)
    return path


def _find(
    who: str, path: Path, keys: Path | None, in_texts: bool | None
) -> tuple[Subject, Holdings]:
    from hilt.privacy.tools.subject import Subject, find_subject

    wanted = Subject(who, keys, in_texts)
    with _progress(path, "looking") as on_bytes:
        return wanted, find_subject(path, wanted, on_bytes)


def _show_holdings(path: Path, holdings: Holdings) -> None:
    for action, count in sorted(holdings.by_action.items()):
        results.print(f"{action:<18}{count:>10,}")
    text = (
        f"{path}: {counted(len(holdings.own), 'event')} in "
        f"{counted(len(holdings.sessions), 'conversation')}"
    )
    if holdings.mentions:
        text += f", and {counted(holdings.mentions, 'event')} of others with the name in the text"
    errors.print(text)


def _say(path: Path, what: str, change: LogChange, *, dry_run: bool) -> None:
    would = "would be " if dry_run else ""
    errors.print(
        f"{path}: {counted(change.changed, 'event')} {would}{what}, "
        f"{change.removed:,} {would}taken out, of {change.lines:,}"
    )


@contextmanager
def _progress(path: Path, what: str) -> Iterator[Callable[[int], None]]:
    """A progress bar by bytes read, if stderr is a terminal."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from hilt.privacy.tools.rewriting import total_bytes

    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, disable=not errors.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total_bytes([path]))
        yield lambda count: bar.advance(task, count)


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    """A private file that appears under its name only when it is whole."""
    waiting = path.with_name(f"{path.name}.part")
    waiting.unlink(missing_ok=True)
    descriptor = os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            yield file
        waiting.replace(path)
    except BaseException:
        waiting.unlink(missing_ok=True)
        raise
