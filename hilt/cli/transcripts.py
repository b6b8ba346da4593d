"""What was said in a call, turn by turn, as commands show it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from hilt.cli.figures import compact, duration, local_time
from hilt.cli.output import CONTROL_CHARACTERS, dollars, printable

if TYPE_CHECKING:
    from hilt.analysis.calls import Call
    from hilt.analysis.event_lines import EventLine
    from hilt.core.event import Event

__all__ = [
    "Turn",
    "fenced",
    "lines_of",
    "markdown_of",
    "shown_answer",
    "shown_prompt",
    "turn_of_step",
    "turns_of",
]

_SEALED = "(sealed; hilt unseal opens it)"
_SEALED_IN_LIST = "(sealed)"
_ERASED = "(erased)"
_MARKUP = re.compile(r"[\\`*\[\]<>&]")


class Turn(NamedTuple):
    """What one side says."""

    role: str
    who: str
    figures: str
    text: str


def markdown_of(
    title: str, turns: Iterable[Turn], text_of: Callable[[str], str] | None = None
) -> Iterator[str]:
    """A transcript in Markdown, in pieces.

    Args:
        title: What it is.
        turns: What was said.
        text_of: What becomes of a text; `lines_of` if None.
    """
    yield f"# {_heading(title)}\n"
    for turn in turns:
        figures = f" ({_heading(turn.figures)})" if turn.figures else ""
        text = (text_of or lines_of)(turn.text)
        yield f"\n## {_heading(turn.who)}{figures}\n\n{text}\n"


def _heading(text: str) -> str:
    """A name in a heading, which is no markup whatever is in it."""
    return _MARKUP.sub(r"\\\g<0>", printable(text))


def fenced(text: str) -> str:
    """A text in Markdown that is shown as it is, whatever markup it has."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    lines = "\n".join(CONTROL_CHARACTERS.sub("\ufffd", line) for line in text.splitlines())
    return f"{fence}text\n{lines}\n{fence}"


def shown_prompt(call: Call) -> str:
    """What was asked, or in a word why the log does not say so."""
    return call.prompt_text or (_why_absent(call.opening[-1]) if call.opening else "")


def shown_answer(call: Call) -> str:
    """What was answered, or in a word why the log does not say so."""
    return call.answer_text or (_why_absent(call.ending_line) if call.ending_line else "")


def _why_absent(line: EventLine) -> str:
    if isinstance(line.content.get("text_encrypted"), str):
        return _SEALED_IN_LIST
    return _ERASED if b'"erased":true' in line.line else ""


def turns_of(call: Call, *, full: bool, utc: bool) -> Iterator[Turn]:
    """What was said in a call, by whom, and to which agent or node if a framework has named one."""
    caller = _caller(call)
    receiver = f" to {caller}" if caller else ""
    started, ended = (_clock(each, utc=utc) for each in (call.started, call.timestamp))
    if full:
        for message in call.input():
            role = str(message.get("role") or "")
            yield Turn(role, role, started, _message_text(message))
    else:
        for event in call.tool_results:
            yield Turn("tool", f"{event.actor.id}{receiver}", started, _event_text(event))
        if (prompt := call.prompt) is not None:
            who = f"{call.user or 'user'}{receiver}"
            yield Turn("user", who, started, _event_text(prompt))
    if call.ending_line is not None:
        role = "error" if call.failed else "assistant"
        model = f"{call.model or call.provider or 'assistant'}"
        who = f"{caller} ({model})" if caller else model
        answer = call.answer_text or (_event_text(call.ending) if call.ending else "")
        yield Turn(role, who, f"{ended}  {_figures(call)}", answer)
    else:
        model = call.model or "assistant"
        who = f"{caller} ({model})" if caller else model
        yield Turn("error", who, started, "(no answer in the log)")
    from hilt.genai.json_values import text_or_json

    sender = f"{caller} to " if caller else ""
    for event in call.tool_calls:
        tool = event.content.tool if event.content else None
        if tool is None:
            yield Turn("tool", f"{sender}tool", "", f"call {_event_text(event)}".rstrip())
            continue
        who = f"{sender}{tool.get('name')}"
        yield Turn("tool", who, "", f"call: {text_or_json(tool.get('arguments'))}")
    for event in call.feedback:
        given = (event.extensions or {}).items()
        text = ", ".join(f"{key}: {value}" for key, value in given if key != "reply_to")
        yield Turn("feedback", event.actor.id, _clock(event.timestamp, utc=utc), text)


def _caller(call: Call) -> str:
    """The agent that called, and the node or step in which it did; empty if none is known."""
    return ", ".join(dict.fromkeys(filter(None, (call.agent, call.node))))


def turn_of_step(event: Event, *, utc: bool) -> Turn:
    """What happened between calls: a handoff, a guardrail, a retrieval, an erasure."""
    content, extensions = event.content, event.extensions or {}
    kind = str(extensions.get("step") or event.action)
    texts = [_event_text(event)]
    documents = (content.documents if content is not None else None) or ()
    texts += [f"- {each.get('text') or each.get('id')}" for each in documents]
    if extensions.get("phase") == "end" and not texts[0]:
        texts = [f"{kind} ended: {extensions.get('outcome')}"]
    if isinstance(receipt := extensions.get("receipt"), dict):
        texts = [", ".join(f"{name}: {value}" for name, value in receipt.items())]
    node = (event.provenance or {}).get("node")
    by = f" by {node}" if isinstance(node, str) and node != event.actor.id else ""
    who = f"{event.actor.id} ({kind}{by})"
    return Turn("system", who, _clock(event.timestamp, utc=utc), "\n".join(texts))


def _figures(call: Call) -> str:
    tokens = call.tokens
    parts = [duration(call.latency_ms)]
    if tokens.prompt is not None or tokens.completion is not None:
        parts.append(f"{compact(tokens.prompt or 0)} in, {compact(tokens.completion or 0)} out")
    parts.append(dollars(call.cost_usd))
    if call.outcome != "completed":
        parts.append(" ".join(filter(None, (call.outcome, call.error_code))))
    return "  ".join(filter(None, parts))


def _event_text(event: Event) -> str:
    """What an event says, or why it does not."""
    content = event.content
    if content is not None and content.text is None and content.text_encrypted is not None:
        return _SEALED
    if event.privacy and event.privacy.get("erased") is True:
        return _ERASED
    return (content.text if content is not None else None) or ""


def _message_text(message: dict[str, Any]) -> str:
    texts = []
    for part in message.get("parts") or ():
        if isinstance(part, dict):
            value = part.get("content", part.get("response", part.get("arguments")))
            name = f"{part['name']}: " if part.get("name") else ""
            texts.append(f"{name}{value if value is not None else part.get('type')}")
    return "\n".join(texts)


def _clock(timestamp: str, *, utc: bool) -> str:
    moment = local_time(timestamp, utc=utc)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def lines_of(text: str) -> str:
    """A text with its lines, and without what could control a terminal."""
    return "\n".join(printable(line) for line in text.splitlines())
