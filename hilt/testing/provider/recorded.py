"""The calls of a HILT log: what was asked and what was answered, put together from its events."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hilt.testing.provider.answers import Answer, Json, Message, Tokens, ToolCall, text_of
from hilt.testing.provider.request_matching import Unit, chain, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hilt.core.event import Event

__all__ = ["SAME_OPERATION", "CallReader", "Recorded"]

SAME_OPERATION = {"generate_content": "chat", "text_completion": "chat"}
"""Operations that answer each other's requests."""

_ENDINGS = ("completion", "embedding", "rerank", "system")
_NOT_FROM_A_SERVER = ("timeout", "cancelled", "connection")
_ERROR = 400
_STATUS = re.compile(r"Error code: \d+ - ")


@dataclass(eq=False)
class Recorded:
    """One call of a log.

    Args:
        ending: The id of the event that ends it.
        operation: ``chat``, ``embeddings`` or ``rerank``.
        model: The model that was asked.
        provider: Who answered.
        text: The newest text that was asked, to show.
        units: What was new in it.
        digest: Stands for everything that was asked, the earlier conversation included.
        answer: What was answered.
        response_id: The response's id.
        previous: The id of the response that it continued, where the log knows.
    """

    ending: str
    operation: str
    model: str
    provider: str
    text: str
    units: Sequence[Unit]
    digest: int
    answer: Answer
    response_id: str | None
    previous: str | None


class CallReader:
    """Puts the events of each call together, whatever lies between them."""

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        """Calls that cannot be answered, by reason."""
        self._asked: dict[str, Event] = {}
        self._results: dict[str, list[Event]] = {}
        self._chunks: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self._endings: list[Event] = []
        self._calls: dict[str, list[Event]] = defaultdict(list)
        self._by_ending: dict[str, Recorded] = {}
        self._answered: dict[str, int] = {}
        self._last_results: dict[str, list[Event]] = {}

    def read(self, event: Event) -> None:
        """Take in the next event."""
        facts = event.extensions or {}
        if event.action == "prompt":
            self._asked[event.event_id] = event
        elif event.action == "tool_result":
            self._note_result(event, facts)
        elif event.action == "completion_chunk":
            text = (event.content.text if event.content else None) or ""
            self._chunks[facts.get("reply_to", "")].append((facts.get("chunk_index", 0), text))
        elif event.action == "tool_call":
            self._calls[facts.get("reply_to", "")].append(event)
        elif event.action in _ENDINGS and "outcome" in facts:
            self._endings.append(event)

    def _note_result(self, event: Event, facts: Json) -> None:
        """Results of one call follow each other; the first says what they continue."""
        before = self._last_results.get(event.session_id)
        same = before is not None and _span(before[-1]) == _span(event)
        group = before if before is not None and same and "context_of" not in facts else []
        group.append(event)
        self._last_results[event.session_id] = group
        self._results[event.event_id] = group

    def calls(self) -> Iterator[Recorded]:
        """The calls that have ended, in the order of their endings."""
        for ending in self._endings:
            found = self._call_of(ending)
            if isinstance(found, Recorded):
                yield found
            else:
                self.skipped[found] += 1

    def _call_of(self, ending: Event) -> Recorded | str:
        """The call that this event ends; the reason if it cannot be answered."""
        facts = ending.extensions or {}
        if facts.get("error_code") in _NOT_FROM_A_SERVER:
            return f"ended by {facts['error_code']}"
        if ending.action == "system" and (facts.get("status_code") or 0) < _ERROR:
            return "failed while answering"
        asked = self._input_of(facts.get("reply_to", ""))
        if asked is None:
            return "logged without its prompt"
        return self._recorded(ending, *asked)

    def _input_of(self, event_id: str) -> tuple[list[Message], str | None] | None:
        """The new messages of a call, and the ending that they continue."""
        prompt = self._asked.get(event_id)
        if prompt is not None:
            if prompt.content is None:
                return None
            return _asked_in(prompt), (prompt.extensions or {}).get("context_of")
        group = self._results.get(event_id)
        if group is None or any(result.content is None for result in group):
            return None
        parts = [_result_part(result) for result in group]
        return [{"role": "tool", "parts": parts}], (group[0].extensions or {}).get("context_of")

    def _recorded(self, ending: Event, new: list[Message], context_of: str | None) -> Recorded:
        origin = ending.provenance or {}
        facts = ending.extensions or {}
        units = units_of(new)
        answer = self._answer(ending)
        before = self._by_ending.get(context_of or "")
        digest = chain(units, self._answered.get(context_of or "", 0))
        operation = origin.get("operation", "chat")
        recorded = Recorded(
            ending=ending.event_id,
            operation=SAME_OPERATION.get(operation, operation),
            model=str(facts.get("model") or origin.get("request_model") or ""),
            provider=str(origin.get("provider") or ""),
            text=_newest_text(new),
            units=units,
            digest=digest,
            answer=answer,
            response_id=origin.get("response_id"),
            previous=before.response_id if before else None,
        )
        self._by_ending[ending.event_id] = recorded
        self._answered[ending.event_id] = chain(units_of([_as_message(answer)]), digest)
        return recorded

    def _answer(self, ending: Event) -> Answer:
        if ending.action == "system":
            return _failure(ending)
        content, facts = ending.content, ending.extensions or {}
        origin = ending.provenance or {}
        others = [_choice(message) for message in (content.choices if content else None) or ()]
        calls = [_call(event) for event in self._calls.get(ending.event_id, ())]
        own = len(calls) - sum(len(each.tool_calls) for each in others)
        text = content.text if content else None
        return Answer(
            # An answer of calls alone is logged with an empty text.
            text=None if text == "" and calls else text,
            tool_calls=calls[:own],
            reasoning=content.reasoning if content else None,
            finish_reason=facts.get("finish_reason"),
            chunks=self._chunks_of(facts.get("reply_to", ""), text),
            choices=_with_reasons(others, facts.get("finish_reasons")),
            tokens=_tokens(ending),
            usage=origin.get("usage") or {},
            model=origin.get("response_model"),
            id=origin.get("response_id"),
            scores=_scores(ending),
            dimensions=facts.get("dimensions"),
        )

    def _chunks_of(self, event_id: str, text: str | None) -> list[str] | None:
        chunks = [chunk for _, chunk in sorted(self._chunks.get(event_id, ()))]
        return chunks if chunks and "".join(chunks) == text else None


def _span(event: Event) -> object:
    origin = event.provenance or {}
    return origin.get("span_id"), event.timestamp if "span_id" not in origin else None


def _asked_in(prompt: Event) -> list[Message]:
    content = prompt.content
    if content is None:
        return []
    documents = [_said_by_user(str(document)) for document in content.documents or ()]
    return [*(content.messages or [_said_by_user(content.text or "")]), *documents]


def _said_by_user(text: str) -> Message:
    return {"role": "user", "parts": [{"type": "text", "content": text}]}


def _newest_text(messages: list[Message]) -> str:
    for message in reversed(messages):
        if message.get("role") == "user" and (text := text_of(message)):
            return text
    return str([part.get("response") for message in messages for part in message["parts"]])


def _result_part(event: Event) -> Json:
    tool = (event.content.tool if event.content else None) or {}
    return {"type": "tool_call_response", "id": tool.get("call_id"), "response": tool.get("result")}


def _call(event: Event) -> ToolCall:
    tool: Json = (event.content.tool if event.content else None) or {}
    arguments = tool.get("arguments")
    return ToolCall(
        str(tool.get("name") or ""),
        arguments if isinstance(arguments, (str, dict)) else {},
        tool.get("call_id"),
    )


def _choice(message: Message) -> Answer:
    parts = message.get("parts") or []
    calls = [part for part in parts if part.get("type") == "tool_call"]
    text = text_of(message)
    return Answer(
        text=None if not text and calls else text,
        tool_calls=[
            ToolCall(str(part.get("name") or ""), part.get("arguments") or {}, part.get("id"))
            for part in calls
        ],
        finish_reason=message.get("finish_reason"),
    )


def _with_reasons(choices: list[Answer], reasons: list[str] | None) -> list[Answer]:
    if not reasons:
        return choices
    return [
        replace(choice, finish_reason=reason)
        for choice, reason in zip(choices, reasons[1:], strict=False)
    ]


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
    facts = event.extensions or {}
    text = (event.content.text if event.content else None) or ""
    wait = facts.get("retry_after_s")
    return Answer(
        # The SDKs made by Stainless put the status before what the server said.
        text=_STATUS.sub("", text),
        status=int(facts["status_code"]),
        error=_error_body(text),
        headers={} if wait is None else {"retry-after": f"{wait:g}"},
    )


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
    scores = {doc.get("index", place): doc.get("score") for place, doc in enumerate(documents)}
    return [float(scores.get(index) or 0.0) for index in range(max(scores) + 1)]
