"""The calls in a HILT log, each with its input and its answer, read from the events."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hilt.core.event import ENDING_ACTIONS
from hilt.testing.provider.answers import Answer, Json, Message, Tokens, ToolCall, text_of
from hilt.testing.provider.request_matching import PartKey, combined_hash, part_keys

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hilt.core.event import Event

__all__ = ["SAME_OPERATION", "CallReader", "RecordedCall"]

SAME_OPERATION = {"generate_content": "chat", "text_completion": "chat"}
"""Operations whose answers can be served for each other."""

BROKEN = (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, RecursionError)
"""What an event raises whose fields have other types than HILT writes."""

_MAX_DOCUMENTS = 100_000
_NO_ANSWER = ("timeout", "cancelled", "connection")
_FIRST_ERROR_STATUS = 400
_LAST_STATUS = 599
_STATUS_PREFIX = re.compile(r"Error code: \d+ - ")


@dataclass(eq=False)
class RecordedCall:
    """One call of a log.

    Args:
        ending: The id of the event that ends it.
        operation: ``chat``, ``embeddings`` or ``rerank``.
        model: The model that was requested.
        provider: The provider that answered.
        text: The newest text of the user, for messages.
        parts: The parts of the new messages.
        digest: A hash of the whole input, the earlier conversation included.
        answer: The answer.
        response_id: The response's id.
        previous: The id of the response that it continues, if the log has that.
    """

    ending: str
    operation: str
    model: str
    provider: str
    text: str
    parts: Sequence[PartKey]
    digest: int
    answer: Answer
    response_id: str | None
    previous: str | None


class CallReader:
    """Collects the events of each call, in whatever order the calls are interleaved."""

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        """Calls that cannot be answered, by reason."""
        self._prompts: dict[str, Event] = {}
        self._tool_results: dict[str, list[Event]] = {}
        self._last_tool_results: dict[str, list[Event]] = {}  # by session
        self._chunks: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._tool_calls: dict[str, list[Event]] = defaultdict(list)
        self._endings: list[Event] = []
        self._by_ending: dict[str, RecordedCall] = {}
        self._reply_to: dict[str, str] = {}  # what each ending replies to
        self._digests: dict[str, int] = {}  # of input and answer, by ending
        self._parts: dict[str, tuple[list[PartKey], list[PartKey], str | None]] = {}

    def read(self, event: Event) -> None:
        """Add the next event; one whose fields have other types than HILT writes is skipped."""
        try:
            self._read(event)
        except BROKEN:
            self.skipped["logged with fields of another type"] += 1

    def _read(self, event: Event) -> None:
        extensions = event.extensions or {}
        if event.action == "prompt":
            self._prompts[event.event_id] = event
        elif event.action == "tool_result":
            self._add_tool_result(event)
        elif event.action == "completion_chunk":
            text = (event.content.text if event.content else None) or ""
            chunk = (extensions.get("chunk_index", 0), text)
            self._chunks[extensions.get("reply_to", "")].append(chunk)
        elif event.action == "tool_call":
            self._tool_calls[extensions.get("reply_to", "")].append(event)
        elif event.action in ENDING_ACTIONS and "outcome" in extensions:
            self._endings.append(event)

    def _add_tool_result(self, event: Event) -> None:
        """Group the results that one call sends; the first of them has ``context_of``."""
        group = self._last_tool_results.get(event.session_id)
        starts_group = "context_of" in (event.extensions or {})
        if group is None or starts_group or _span(group[-1]) != _span(event):
            group = self._last_tool_results[event.session_id] = []
        group.append(event)
        self._tool_results[event.event_id] = group

    def calls(self) -> Iterator[RecordedCall]:
        """The calls that have ended, in the order of their endings."""
        for ending in self._endings:
            try:
                call = self._call_of(ending)
            except BROKEN:
                call = "logged with fields of another type"
            if isinstance(call, RecordedCall):
                yield call
            else:
                self.skipped[call] += 1

    def _call_of(self, ending: Event) -> RecordedCall | str:
        """The call that this event ends; the reason if it cannot be served."""
        extensions = ending.extensions or {}
        if extensions.get("error_code") in _NO_ANSWER:
            return f"ended by {extensions['error_code']}"
        if ending.action == "system" and (extensions.get("status_code") or 0) < _FIRST_ERROR_STATUS:
            return "failed while answering"
        call_input = self._input_of(extensions.get("reply_to", ""))
        if call_input is None:
            return "logged without its prompt"
        return self._recorded(ending, *call_input)

    def _has_new_instructions(self, event_id: str) -> bool:
        """Whether the system messages of a call stand in place of those before."""
        event = self._prompts.get(event_id) or next(
            iter(self._tool_results.get(event_id, ())), None
        )
        extensions = event.extensions if event is not None else None
        return bool((extensions or {}).get("new_instructions"))

    def _parts_after_instructions(self, ending: str) -> list[PartKey]:
        """Input and answers up to an ending, without the system messages at the front."""
        steps: dict[str, list[PartKey]] = {}
        before: str | None = ending
        while before is not None and before in self._parts and before not in steps:
            here = before
            new, answer, before = self._parts[here]
            is_front = before is None or self._has_new_instructions(self._reply_to[here])
            steps[here] = [*(_without_system(new) if is_front else new), *answer]
        return [part for step in reversed(steps.values()) for part in step]

    def _input_of(self, event_id: str) -> tuple[list[Message], str | None] | None:
        """The new messages of a call, and the ending that they continue."""
        prompt = self._prompts.get(event_id)
        if prompt is not None:
            if prompt.content is None:
                return None
            return _prompt_messages(prompt), (prompt.extensions or {}).get("context_of")
        group = self._tool_results.get(event_id)
        if group is None or any(result.content is None for result in group):
            return None
        parts = [_result_part(result) for result in group]
        system = (group[0].content.messages if group[0].content else None) or ()
        results = {"role": "tool", "parts": parts}
        return [*system, results], (group[0].extensions or {}).get("context_of")

    def _recorded(self, ending: Event, new: list[Message], context_of: str | None) -> RecordedCall:
        provenance, extensions = ending.provenance or {}, ending.extensions or {}
        parts = part_keys(new)
        answer = self._answer(ending)
        previous = self._by_ending.get(context_of or "")
        reply_to = self._reply_to[ending.event_id] = extensions.get("reply_to", "")
        if context_of and self._has_new_instructions(reply_to):
            rest = _without_system(parts)
            system = parts[: len(parts) - len(rest)]
            digest = combined_hash([*system, *self._parts_after_instructions(context_of), *rest])
        else:
            digest = combined_hash(parts, self._digests.get(context_of or "", 0))
        operation = str(provenance.get("operation", "chat"))
        call = RecordedCall(
            ending=ending.event_id,
            operation=SAME_OPERATION.get(operation, operation),
            model=str(extensions.get("model") or provenance.get("request_model") or ""),
            provider=str(provenance.get("provider") or ""),
            text=_newest_text(new),
            parts=parts,
            digest=digest,
            answer=answer,
            response_id=answer.id,
            previous=previous.response_id if previous else None,
        )
        self._by_ending[ending.event_id] = call
        answer_parts = part_keys([_as_message(answer)])
        self._digests[ending.event_id] = combined_hash(answer_parts, digest)
        self._parts[ending.event_id] = parts, answer_parts, context_of
        return call

    def _answer(self, ending: Event) -> Answer:
        if ending.action == "system":
            return _failure(ending)
        content = ending.content
        provenance, extensions = ending.provenance or {}, ending.extensions or {}
        others = [_choice(message) for message in (content.choices if content else None) or ()]
        calls = [_tool_call(event) for event in self._tool_calls.get(ending.event_id, ())]
        # The log has the tool calls of all choices, those of the first one first.
        first_calls = len(calls) - sum(len(each.tool_calls) for each in others)
        text = content.text if content else None
        return Answer(
            # An answer that has only tool calls is logged with an empty text.
            text=None if text == "" and calls else text,
            tool_calls=calls[:first_calls],
            reasoning=content.reasoning if content else None,
            finish_reason=_text_or_none(extensions.get("finish_reason")),
            chunks=self._chunks_of(extensions.get("reply_to", ""), text),
            choices=_with_reasons(others, extensions.get("finish_reasons")),
            tokens=_tokens(ending),
            usage=usage if isinstance(usage := provenance.get("usage"), dict) else {},
            model=_text_or_none(provenance.get("response_model")),
            id=_text_or_none(provenance.get("response_id")),
            scores=_scores(ending),
            dimensions=_dimensions(extensions.get("dimensions")),
        )

    def _chunks_of(self, event_id: str, text: str | None) -> list[str] | None:
        chunks = [chunk for _, chunk in sorted(self._chunks.get(event_id, ()))]
        return chunks if chunks and "".join(chunks) == text else None


def _without_system(parts: list[PartKey]) -> list[PartKey]:
    """The parts after the instructions at the front."""
    front = next((index for index, part in enumerate(parts) if part[0] != "system"), len(parts))
    return parts[front:]


def _span(event: Event) -> object:
    """What the events of one call share: the span, or the time where none is recorded."""
    provenance = event.provenance or {}
    return provenance.get("span_id"), event.timestamp if "span_id" not in provenance else None


def _prompt_messages(prompt: Event) -> list[Message]:
    content = prompt.content
    if content is None:
        return []
    documents = [_user_message(str(document)) for document in content.documents or ()]
    return [*(content.messages or [_user_message(content.text or "")]), *documents]


def _user_message(text: str) -> Message:
    return {"role": "user", "parts": [{"type": "text", "content": text}]}


def _newest_text(messages: list[Message]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user" and (text := text_of(message)):
            return text
    return str([part.get("response") for message in messages for part in message["parts"]])


def _result_part(event: Event) -> Json:
    tool = (event.content.tool if event.content else None) or {}
    return {"type": "tool_call_response", "id": tool.get("call_id"), "response": tool.get("result")}


def _tool_call(event: Event) -> ToolCall:
    tool: Json = (event.content.tool if event.content else None) or {}
    return ToolCall(
        str(tool.get("name") or ""),
        _arguments(tool.get("arguments")),
        _text_or_none(tool.get("call_id")),
    )


def _choice(message: Message) -> Answer:
    parts = message.get("parts") or []
    calls = [part for part in parts if part.get("type") == "tool_call"]
    text = text_of(message)
    return Answer(
        text=None if not text and calls else text,
        tool_calls=[
            ToolCall(
                str(part.get("name") or ""),
                _arguments(part.get("arguments")),
                _text_or_none(part.get("id")),
            )
            for part in calls
        ],
        finish_reason=_text_or_none(message.get("finish_reason")),
    )


def _with_reasons(choices: list[Answer], reasons: list[str] | None) -> list[Answer]:
    if not reasons:
        return choices
    return [
        replace(choice, finish_reason=reason)
        for choice, reason in zip(choices, reasons[1:], strict=False)
    ]


def _arguments(value: object) -> str | Json:
    return value if isinstance(value, (str, dict)) else {}


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _dimensions(value: object) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 0 < value <= _MAX_DOCUMENTS:
        raise ValueError("no number of dimensions")
    return value


def _tokens(event: Event) -> Tokens | None:
    tokens = event.metrics.tokens if event.metrics else None
    if not tokens:
        return None
    return Tokens(
        prompt=tokens.get("prompt"),
        completion=tokens.get("completion"),
        cached=tokens.get("cached", 0),
        cache_write=tokens.get("cache_write", 0),
        reasoning=tokens.get("reasoning", 0),
    )


def _as_message(answer: Answer) -> Message:
    text = [{"type": "text", "content": answer.text}] if answer.text else []
    calls = [
        {"type": "tool_call", "name": call.name, "arguments": call.arguments}
        for call in answer.tool_calls
    ]
    return {"role": "assistant", "parts": [*text, *calls]}


def _failure(event: Event) -> Answer:
    extensions = event.extensions or {}
    text = (event.content.text if event.content else None) or ""
    retry_after = extensions.get("retry_after_s")
    return Answer(
        # SDKs that Stainless generates put the status before the server's message.
        text=_STATUS_PREFIX.sub("", text),
        status=_status(extensions["status_code"]),
        error=_error_body(text),
        headers={} if retry_after is None else {"retry-after": f"{retry_after:g}"},
    )


def _status(value: object) -> int:
    if type(value) is not int or not _FIRST_ERROR_STATUS <= value <= _LAST_STATUS:
        raise ValueError("no status of a failure")
    return value


def _error_body(text: str) -> Json | None:
    """The body that an SDK quotes in its message, ``Error code: 429 - {'error': ...}``."""
    _, brace, rest = text.partition("{")
    if not brace:
        return None
    try:
        body = ast.literal_eval(brace + rest)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _scores(event: Event) -> list[float] | None:
    documents: list[Any] | None = event.content.documents if event.content else None
    if event.action != "rerank" or not documents:
        return None
    scores = {int(doc.get("index", at)): doc.get("score") for at, doc in enumerate(documents)}
    if not 0 <= min(scores) <= max(scores) < _MAX_DOCUMENTS:
        raise ValueError("no index of a document")
    return [float(scores.get(index) or 0.0) for index in range(max(scores) + 1)]
