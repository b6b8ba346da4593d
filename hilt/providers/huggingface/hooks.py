"""The inference clients: ``_inner_post`` returns bytes, or the lines of a stream.

A generator of the SDK makes chunks of the lines. The lines are observed, because a chunk may be a
bare text; the generator is too, because it ends at ``[DONE]`` and reads the lines no further, and
because it is what the caller closes.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import AsyncTap, tap, tap_async

__all__ = ["EVENTS", "INNER_POST"]

_DATA = "data:"


class _InnerPost:
    """``_inner_post``, which sends every request."""

    def observe(self, call: Call, result: Any) -> Any:
        """Complete the call from the bytes that came, or observe the lines of the stream."""
        try:
            if not call.observation.request.stream:
                call.end(Ending.RETURNED, _body_of(result))
            else:
                call.open_stream()
                lines = _Lines(call)
                is_async = hasattr(result, "__anext__")
                result = AsyncTap(result, lines) if is_async else tap(result, lines)
                _LINES[result] = lines
        except Exception:
            guard.report("observing an answer")
        return result


def _body_of(result: Any) -> Any:
    try:
        return decode_json(result)
    except (TypeError, ValueError):
        return result


class _Lines:
    """Shows a call the JSON of each line of a stream."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.advancing = False
        self.is_read_by_generator = False  #: the generator above them has the ending

    def item(self, line: Any) -> None:
        """A line goes on to the SDK."""
        text = (line.decode(errors="replace") if isinstance(line, bytes) else str(line)).strip()
        if not text.startswith(_DATA):
            return
        try:
            event = decode_json(text.removeprefix(_DATA))
        except ValueError:
            return  # ``[DONE]``, or what the SDK will raise for
        self._call.item(event)

    def end(self, how: Ending, value: Any = None) -> None:
        """The lines are read to the end, or no further."""
        if not self.is_read_by_generator:
            self._call.end(how, value)

    def chunks(self) -> _Chunks:
        """What observes the generator that reads the lines."""
        self.is_read_by_generator = True
        return _Chunks(self._call)


class _Chunks:
    """Has the ending of a call whose lines were observed before."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self.advancing = False

    def item(self, item: Any) -> None:
        """A chunk goes on to the caller; its line was observed."""

    def end(self, how: Ending, value: Any = None) -> None:
        """The stream ended."""
        self._call.end(how, value)


_LINES: weakref.WeakKeyDictionary[Any, _Lines] = weakref.WeakKeyDictionary()
"""What observes the lines of the streams that no generator reads yet."""


class _Events:
    """The generator functions that make chunks of lines."""

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that observes the chunks, if the lines belong to a call."""
        tapped = tap_async if inspect.isasyncgenfunction(original) else tap

        @functools.wraps(original)
        def events(lines: Any, *args: Any, **kwargs: Any) -> Any:
            observer = _observer_of(lines)
            chunks = original(lines, *args, **kwargs)
            return chunks if observer is None else tapped(chunks, observer.chunks())

        return events


def _observer_of(lines: Any) -> _Lines | None:
    try:
        return _LINES.pop(lines, None)
    except TypeError:  # it cannot be referred to weakly, so it is not ours
        return None


INNER_POST = _InnerPost()
"""``_inner_post``, which sends every request."""

EVENTS = _Events()
"""The generator functions that make chunks of lines."""
