"""A call as one line: time, conversation, model, question, answer, and figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from hilt.cli.figures import compact, duration, is_unicode, local_time
from hilt.cli.output import dollars, printable, results
from hilt.cli.transcripts import shown_answer, shown_prompt

if TYPE_CHECKING:
    from hilt.analysis.calls import Call

__all__ = ["CallPrinter", "call_line"]

_NARROW = 60
_WIDE = 120
_ID_WIDTH = 8
_MODEL_WIDTH = 18
_LEAST_TEXT = 10


class CallPrinter:
    """Prints calls, with a line for the date where the day changes.

    Args:
        utc: Whether times are UTC rather than local.
    """

    def __init__(self, *, utc: bool = False) -> None:
        self._utc = utc
        self._day = ""

    def print(self, call: Call) -> None:
        """Print a call."""
        moment = local_time(call.timestamp, utc=self._utc)
        day = f"{moment:%A, %Y-%m-%d}" if moment else self._day
        if day != self._day:
            self._day = day
            results.print(day, style="bold")
        clock = f"{moment:%H:%M:%S}" if moment else "        "
        results.print(call_line(call, clock, results.width if results.is_terminal else None))


def call_line(call: Call, clock: str, width: int | None = None) -> Text:
    """A call as a line.

    Args:
        call: The call.
        clock: Its time, as it is shown.
        width: The width to shorten the line to; None to leave it whole.
    """
    arrow = " → " if is_unicode() else " -> "
    line = Text(no_wrap=True, end="")
    line.append(f"{clock} ", "dim")
    if width is None or width >= _NARROW:
        session = printable(call.session_id.removeprefix("conv_"))
        line.append(f"{session[:_ID_WIDTH] if width is not None else session:<{_ID_WIDTH}} ", "dim")
    if width is None or width >= _WIDE:
        line.append(f"{printable(call.model or '')[:_MODEL_WIDTH]:<{_MODEL_WIDTH}} ", "cyan")
    question, answer = printable(shown_prompt(call)), printable(shown_answer(call))
    answer = answer or ", ".join(call.tools)
    figures = "  ".join(_figures(call, narrow=width is not None and width < _NARROW))
    if width is not None:
        room = width - len(line.plain) - len(figures) - 3 - len(arrow)
        question = _cut(question, max(_LEAST_TEXT, room // 2) if answer else room)
        answer = _cut(answer, max(_LEAST_TEXT, room - len(question)))
    line.append(question)
    line.append(arrow, "dim")
    line.append(answer, "bold red" if call.failed else "green")
    if figures:
        line.append(f"   {figures}", "bold red" if call.failed else "dim")
    if width is not None:
        line.truncate(width, overflow="ellipsis" if is_unicode() else "crop")
    return line


def _figures(call: Call, *, narrow: bool) -> Iterator[str]:
    if call.outcome != "completed":
        code = call.status_code if call.failed else None
        parts = (code, printable(call.error_code or call.outcome or ""))
        yield " ".join(str(part) for part in parts if part)
    if call.rating is not None:
        yield f"rated {printable(str(call.rating))}"
    tokens = call.tokens
    if not narrow and (tokens.prompt is not None or tokens.completion is not None):
        yield f"{compact(tokens.prompt or 0)}+{compact(tokens.completion or 0)} tokens"
    if call.cost_usd is not None:
        yield dollars(call.cost_usd)
    if not narrow and call.latency_ms is not None:
        yield duration(call.latency_ms)


def _cut(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return f"{text[: length - 1]}…" if is_unicode() else f"{text[: length - 2]}.."
