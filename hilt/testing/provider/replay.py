"""The answers in a HILT log, served again: a production log as an offline regression test."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from hilt.testing.newest import Newest
from hilt.testing.provider.answers import Answer, ParsedRequest
from hilt.testing.provider.differences import first_difference
from hilt.testing.provider.recorded import SAME_OPERATION, CallReader, RecordedCall
from hilt.testing.provider.request_matching import PartKey, combined_hash, request_part_keys

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
"""The fields of an API's usage: the usage in a log is served as it is if it has one of them."""

_MAX_TEXT = 60
_MAX_MISSES = 10_000


@dataclass
class Recording:
    """The answers of a log, by request; its `answer` is a fallback for `Provider`.

        recording = Recording.of(read_events("logs/hilt.jsonl"))
        with Provider(fallback=recording.answer) as provider: ...

    A request gets the answer to the same input of the same model; failing that, and unless
    ``strict``, the answer to one whose newest message is the same; failing that, a 404 that says
    how many there are. Of several such answers, the one that was served least often is next, so
    that a sequence is repeated in its order.

    Args:
        strict: Whether only the same input matches.
        quote: Whether the message of a 404 may quote the log, to say what differs: for tests, in
            whose process the log is.
    """

    strict: bool = False
    quote: bool = False
    misses: Newest[str] = field(default_factory=lambda: Newest(_MAX_MISSES), init=False)
    """What was said to requests without an answer: to the newest 10,000 at least."""
    calls: list[RecordedCall] = field(default_factory=list, init=False)
    """The calls that can be answered, in the log's order."""
    skipped: Counter[str] = field(default_factory=Counter, init=False)
    """Calls that cannot be answered, by reason."""

    def __post_init__(self) -> None:
        self._by_input: dict[object, list[RecordedCall]] = defaultdict(list)
        self._by_last_part: dict[object, list[RecordedCall]] = defaultdict(list)
        self._served: Counter[str] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, events: Iterable[Event], *, strict: bool = False, quote: bool = False) -> Recording:
        """The recording of some events, in the order of the log."""
        reader = CallReader()
        for event in events:
            reader.read(event)
        recording = cls(strict, quote)
        for call in reader.calls():
            recording.add(call)
        recording.skipped = reader.skipped
        return recording

    def add(self, call: RecordedCall) -> None:
        """Add a call."""
        self.calls.append(call)
        model = (call.operation, call.model)
        self._by_input[model, call.digest].append(call)
        if call.previous:
            self._by_input[model, call.previous, combined_hash(call.parts)].append(call)
        for part in _last_parts(call.parts):
            self._by_last_part[model, part].append(call)

    def answer(self, request: ParsedRequest) -> Answer:
        """The recorded answer, or a 404."""
        with self._lock:
            call = self._find(request)
            if call is None:
                message = self._not_found_message(request)
                self.misses.keep(message, len(message))
                return Answer(message, status=404)
            self._served[call.ending] += 1
        return _for_api(call.answer, request.api)

    def _find(self, request: ParsedRequest) -> RecordedCall | None:
        operation = SAME_OPERATION.get(request.operation, request.operation)
        model = (operation, request.model)
        parts = request_part_keys(request)
        digest = combined_hash(parts)
        calls = self._by_input.get((model, digest))
        if previous := request.body.get("previous_response_id"):
            calls = self._by_input.get((model, previous, digest), calls)
        if not calls and not self.strict:
            similar = (self._by_last_part.get((model, part)) for part in _last_parts(parts))
            calls = next(filter(None, similar), None)
        if not calls:
            return None
        return min(calls, key=lambda call: self._served[call.ending])

    def _not_found_message(self, request: ParsedRequest) -> str:
        text = _shortened(request.text or " ".join(request.inputs))
        message = f"The log has no answer from {_shortened(request.model)!r} to {text!r}"
        # How many, and not which: whoever asks need not know what is in the log.
        count = sum(1 for call in self.calls if call.model == request.model)
        others = f"{count} other{'' if count == 1 else 's'}"
        message = f"{message}; it has {others} from that model, and {len(self.calls)} in all."
        difference = first_difference(request, self.calls, quote=self.quote)
        return f"{message} Of the most similar one, {difference}." if difference else message


def _last_parts(parts: Sequence[PartKey]) -> list[PartKey]:
    """What a similar request has in common: the last part, else the last text."""
    texts = [part for part in parts if part[1] == "text"]
    return list(dict.fromkeys([*parts[-1:], *texts[-1:]]))


def _for_api(answer: Answer, api: str) -> Answer:
    """The answer, with its raw usage only where the API counts by the same names."""
    names = _USAGE_NAMES.get(api)
    if answer.usage and names and not any(name in answer.usage for name in names):
        return replace(answer, usage=None)
    return answer


def _shortened(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"
