"""The answers in a HILT log, served again: a production log as an offline regression test."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hilt.testing.provider.answers import Answer, Asked
from hilt.testing.provider.recorded import SAME_OPERATION, CallReader, Recorded
from hilt.testing.provider.request_matching import Unit, chain, units_of_request

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hilt.core.event import Event

__all__ = ["Recording"]

_CHAT_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
_USAGE_NAMES = {
    "openai.chat": _CHAT_USAGE,
    "openai.completions": _CHAT_USAGE,
    "openai.responses": ("input_tokens", "output_tokens"),
    "openai.embeddings": ("prompt_tokens", "total_tokens"),
    "anthropic.messages": ("input_tokens", "output_tokens"),
    "gemini.content": ("promptTokenCount", "candidatesTokenCount", "totalTokenCount"),
    "cohere.chat": ("billed_units", "tokens"),
}
"""The names by which an API counts: a log's raw usage is served where it has one of them."""

_SHOWN = 60


@dataclass
class Recording:
    """The answers of a log, by what was asked; its `answer` is a fallback for `Provider`.

        recording = Recording.of(read_events("logs/hilt.jsonl"))
        with Provider(fallback=recording.answer) as provider: ...

    A request gets the answer to the same input of the same model; failing that, and unless
    ``strict``, the answer to one whose newest message is the same; failing that, a 404 that says
    what there is. Of equally good answers the least served comes first, so that a sequence is
    repeated in its order.

    Args:
        strict: Only the same input will do.
    """

    strict: bool = False
    calls: list[Recorded] = field(default_factory=list, init=False)
    """What can be answered, in the log's order."""
    skipped: Counter[str] = field(default_factory=Counter, init=False)
    """Calls that cannot be answered, by reason."""

    def __post_init__(self) -> None:
        self._exact: dict[object, list[Recorded]] = defaultdict(list)
        self._newest: dict[object, list[Recorded]] = defaultdict(list)
        self._served: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, events: Iterable[Event], *, strict: bool = False) -> Recording:
        """The recording of some events, in the order of the log."""
        reader = CallReader()
        for event in events:
            reader.read(event)
        recording = cls(strict)
        for call in reader.calls():
            recording.add(call)
        recording.skipped = reader.skipped
        return recording

    def add(self, call: Recorded) -> None:
        """Take a call in."""
        self.calls.append(call)
        asked = (call.operation, call.model)
        self._exact[asked, call.digest].append(call)
        if call.previous:
            self._exact[asked, call.previous, chain(call.units)].append(call)
        for unit in _newest_of(call.units):
            self._newest[asked, unit].append(call)

    def answer(self, asked: Asked) -> Answer:
        """The recorded answer, or a 404."""
        with self._lock:
            found = self._find(asked)
            if found is None:
                return Answer(self._missing(asked), status=404)
            self._served[found.ending] += 1
        return _for_api(found.answer, asked.api)

    def _find(self, asked: Asked) -> Recorded | None:
        operation = SAME_OPERATION.get(asked.operation, asked.operation)
        key = (operation, asked.model)
        units = units_of_request(asked)
        candidates = self._exact.get((key, chain(units)))
        if previous := asked.body.get("previous_response_id"):
            candidates = self._exact.get((key, previous, chain(units)), candidates)
        if not candidates and not self.strict:
            found = (self._newest.get((key, unit)) for unit in _newest_of(units))
            candidates = next(filter(None, found), None)
        if not candidates:
            return None
        return min(candidates, key=lambda call: self._served[call.ending])

    def _missing(self, asked: Asked) -> str:
        same = [call for call in self.calls if call.model == asked.model]
        said = _short(asked.text or " ".join(asked.inputs))
        head = f"No recorded answer of {asked.model!r} to {said!r}."
        if not same:
            models = sorted({call.model for call in self.calls})
            return f"{head} The log has answers of {', '.join(models) or 'no model'}."
        texts = ", ".join(repr(_short(call.text)) for call in same[:3])
        more = f" and {len(same) - 3} more" if len(same) > 3 else ""  # noqa: PLR2004
        return f"{head} The log has {len(same)} answers of this model: to {texts}{more}."


def _newest_of(units: Sequence[Unit]) -> list[Unit]:
    """What a close request must share: the last thing said, else the last text."""
    texts = [unit for unit in units if unit[1] == "text"]
    return list(dict.fromkeys([*units[-1:], *texts[-1:]]))


def _for_api(answer: Answer, api: str) -> Answer:
    """The answer, with its raw usage only where the API counts by the same names."""
    names = _USAGE_NAMES.get(api)
    if answer.usage and names and not any(name in answer.usage for name in names):
        return replace(answer, usage=None)
    return answer


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
