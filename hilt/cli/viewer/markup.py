"""The parts of the viewer's pages as HTML. Every text of a log goes through `text_of`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from hilt.cli.charts import text_of
from hilt.cli.figures import compact, duration, local_time
from hilt.cli.output import dollars
from hilt.cli.transcripts import shown_answer, shown_prompt, turns_of

if TYPE_CHECKING:
    from hilt.analysis.calls import Call

__all__ = [
    "FILTERS",
    "address",
    "call_rows",
    "conversation_rows",
    "feedback_form",
    "figures_of",
    "filter_form",
    "page",
    "transcript",
]

FILTERS = {
    "since": "From",
    "until": "Until",
    "user": "Who",
    "model": "Model",
    "provider": "Provider",
    "outcome": "Outcome",
    "tool": "Tool",
    "session": "Conversation",
    "text": "Words",
}
"""The filters that the form has, each with its label; their names are those of the commands."""

_HINTS = {"since": "2h, yesterday, 2026-11-28", "model": "gpt-*", "text": "in any script"}
_MOST_TEXT = 20_000
_SHORT = 120
_PAGES = (("/", "Calls"), ("/conversations", "Conversations"), ("/charts", "Charts"))


def page(title: str, body: Iterable[str], *, here: str = "", live: bool = False) -> Iterator[str]:
    """A whole page.

    Args:
        title: What it shows.
        body: Its content.
        here: The address of the page in the menu.
        live: Whether its table is renewed as the log grows.
    """
    yield (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text_of(title)} · HILT</title>"
        '<link rel="stylesheet" href="/static/view.css">'
        '<link rel="icon" href="/static/icon.svg">'
        '<script src="/static/view.js" defer></script></head><body>'
        '<a class="skip" href="#main">Skip to the content</a>'
        '<header><a class="brand" href="/">HILT</a><nav aria-label="Pages">'
    )
    for path, name in _PAGES:
        current = ' aria-current="page"' if path == here else ""
        yield f'<a href="{path}"{current}>{name}</a>'
    yield f'</nav></header><main id="main"{" data-live" if live else ""}><h1>{text_of(title)}</h1>'
    yield from body
    yield "</main></body></html>\n"


def address(path: str, given: Mapping[str, str]) -> str:
    """An address with its query, for an attribute."""
    return text_of(f"{path}?{urlencode(given)}" if given else path)


def filter_form(path: str, given: Mapping[str, str]) -> Iterator[str]:
    """The form of the filters, filled in with what is given."""
    is_open = " open" if any(name in given for name in (*FILTERS, "errors")) else ""
    yield f'<details class="filters"{is_open}><summary>Filter</summary>'
    yield f'<form action="{path}" method="get">'
    for name, label in FILTERS.items():
        hint = f' placeholder="{_HINTS[name]}"' if name in _HINTS else ""
        value = text_of(given.get(name, ""))
        yield f'<label>{label}<input name="{name}" value="{value}"{hint}></label>'
    checked = " checked" if given.get("errors") else ""
    yield f'<label class="check"><input type="checkbox" name="errors" value="1"{checked}>'
    yield f'Only failed calls</label><button>Show</button> <a href="{path}">All</a>'
    yield "</form></details>"


def call_rows(calls: Iterable[Call], *, utc: bool) -> Iterator[str]:
    """A table of calls."""
    yield '<div class="scroll" id="rows"><table class="calls"><thead><tr>'
    for name in ("Time", "Who", "Question", "Answer", "Model", "Outcome", "Took", "Cost"):
        number = ' class="number"' if name in ("Took", "Cost") else ""
        yield f'<th scope="col"{number}>{name}</th>'
    yield "</tr></thead><tbody>"
    for call in calls:
        yield _call_row(call, utc=utc)
    yield "</tbody></table></div>"


def _call_row(call: Call, *, utc: bool) -> str:
    failed = ' class="failed"' if call.failed else ""
    rating = f" · rated {call.rating}" if call.rating is not None else ""
    outcome = call.outcome if not call.error_code else f"{call.outcome}: {call.error_code}"
    question = _short(shown_prompt(call)) or "(no text)"
    answer = _short(shown_answer(call))
    if not answer and call.tool_call_lines:
        answer = f"calls {', '.join(call.tools)}"
    return (
        f"<tr{failed}><td data-name=Time>{text_of(_time(call.timestamp, utc=utc))}</td>"
        f"<td data-name=Who>{text_of(call.user or '')}</td>"
        f'<td data-name=Question><a href="/call/{quote(call.id, safe="")}">{text_of(question)}</a>'
        f"</td><td data-name=Answer>{text_of(answer)}</td>"
        f"<td data-name=Model>{text_of(call.model or '')}</td>"
        f"<td data-name=Outcome>{text_of(outcome + rating)}</td>"
        f'<td data-name=Took class="number">{text_of(duration(call.latency_ms))}</td>'
        f'<td data-name=Cost class="number">{text_of(dollars(call.cost_usd))}</td></tr>'
    )


def conversation_rows(calls: Iterable[Call], *, utc: bool) -> Iterator[str]:
    """A table of the conversations that some calls belong to, in the order of the calls."""
    conversations: dict[str, list[Call]] = {}
    for call in calls:
        conversations.setdefault(call.session_id, []).append(call)
    yield '<div class="scroll" id="rows"><table class="calls"><thead><tr>'
    for name in ("Last call", "Who", "First question", "Calls", "Failed", "Cost"):
        number = ' class="number"' if name in ("Calls", "Failed", "Cost") else ""
        yield f'<th scope="col"{number}>{name}</th>'
    yield "</tr></thead><tbody>"
    for session_id, of_session in conversations.items():
        first, last = of_session[-1], of_session[0]
        cost = dollars(sum(call.cost_usd or 0 for call in of_session))
        users = ", ".join(dict.fromkeys(call.user for call in of_session if call.user))
        title = _short(first.prompt_text) or f"{session_id} {shown_prompt(first)}".rstrip()
        yield (
            f"<tr><td data-name='Last call'>{text_of(_time(last.timestamp, utc=utc))}</td>"
            f"<td data-name=Who>{text_of(users)}</td><td data-name=Question>"
            f'<a href="/conversation/{quote(session_id, safe="")}">{text_of(title)}</a></td>'
            f'<td data-name=Calls class="number">{len(of_session):,}</td>'
            f'<td data-name=Failed class="number">{sum(call.failed for call in of_session):,}</td>'
            f'<td data-name=Cost class="number">{text_of(cost)}</td></tr>'
        )
    yield "</tbody></table></div>"


def transcript(call: Call, *, full: bool, utc: bool, more: str | None = None) -> Iterator[str]:
    """What was said in a call.

    Args:
        call: The call.
        full: Whether the whole input is shown.
        utc: Whether times are UTC.
        more: The address of the page that has long texts whole; None where this is it.
    """
    for turn in turns_of(call, full=full, utc=utc):
        role = turn.role if turn.role in ("user", "assistant", "error", "tool") else "other"
        left_out = len(turn.text) - _MOST_TEXT if more is not None else 0
        text = turn.text[:_MOST_TEXT] if left_out > 0 else turn.text
        yield (
            f'<section class="turn {role}"><h3>{text_of(turn.who)} '
            f"<small>{text_of(turn.figures)}</small></h3><pre>{text_of(text)}</pre>"
        )
        if left_out > 0:
            yield f'<p><a href="{more}">Show {left_out:,} more characters</a></p>'
        yield "</section>"


def feedback_form(call: Call, back: str) -> Iterator[str]:
    """The form for what a person thinks of an answer."""
    yield (
        '<form class="feedback" action="/feedback" method="post"><fieldset>'
        "<legend>Feedback</legend>"
        f'<input type="hidden" name="event_id" value="{text_of(call.id)}">'
        f'<input type="hidden" name="back" value="{text_of(back)}">'
    )
    yield '<div class="choice">'
    for value, name in (("good", "Good"), ("bad", "Bad")):
        yield f'<label class="check"><input type="radio" name="rating" value="{value}">'
        yield f"{name}</label>"
    yield (
        "</div>"
        '<label>Comment<textarea name="comment" rows="2"></textarea></label>'
        '<label>Correction<textarea name="correction" rows="2"></textarea></label>'
        "<button>Save</button></fieldset></form>"
    )


def figures_of(call: Call) -> Iterator[str]:
    """The figures of a call, as a list of names and values."""
    tokens = call.tokens
    counts = f"{compact(tokens.prompt or 0)} in, {compact(tokens.completion or 0)} out"
    values = {
        "Model": call.model,
        "Provider": call.provider,
        "Who": call.user,
        "Outcome": " ".join(filter(None, (call.outcome, call.error_code))),
        "Took": duration(call.latency_ms),
        "First chunk": duration(call.time_to_first_chunk_ms),
        "Tokens": counts if tokens.prompt is not None else None,
        "Cost": dollars(call.cost_usd) or call.cost_unknown,
        "Rating": None if call.rating is None else str(call.rating),
        "Call": call.id,
    }
    yield '<dl class="figures">'
    for name, value in values.items():
        if value:
            yield f"<div><dt>{name}</dt><dd>{text_of(str(value))}</dd></div>"
    yield "</dl>"


def _short(text: str | None) -> str:
    shown = " ".join((text or "")[: _SHORT * 2].split())
    return shown if len(shown) <= _SHORT else f"{shown[:_SHORT]}…"


def _time(timestamp: str, *, utc: bool) -> str:
    moment = local_time(timestamp, utc=utc)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else timestamp
