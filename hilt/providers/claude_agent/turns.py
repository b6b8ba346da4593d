"""An agent's turns: each answer of the model is a call, and the last one has the turn's usage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.genai.coerce import as_list, count_or_none, str_or_none
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Delta, Failure, Message, Request, Response, Surface, Usage
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._counts import sum_of_counts
from hilt.providers.anthropic.blocks import message_of, parts_of
from hilt.providers.anthropic.usage import usage_of

__all__ = ["Answer", "Turns"]

Begin = Callable[[Request, Surface], Call | None]

_OF_TURN = "the agent counts a whole turn: its last answer has the usage"
_COUNTS = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cacheReadInputTokens": "cache_read_input_tokens",
    "cacheCreationInputTokens": "cache_creation_input_tokens",
}


class Answer(Surface):
    """An answer of the model, of which each item is as much as there is by now."""

    name = "messages"

    def delta(self, chunk: object) -> Delta | None:
        """The answer so far, or the usage of the turn."""
        if not isinstance(chunk, Response):
            return None
        return Delta(response=chunk, whole=bool(chunk.messages))


class _Thread:
    """The messages of an agent, or of one that it started with a tool, and the call in progress."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.call: Call | None = None
        self.message_id: object = None
        self.answer: Message = {"role": "assistant", "parts": []}

    def end(self, how: Ending, value: Any = None) -> None:
        """The call in progress ended."""
        call, self.call, self.message_id = self.call, None, None
        if self.answer["parts"]:
            self.messages.append(self.answer)
            self.answer = {"role": "assistant", "parts": []}
        if call is not None:
            call.end(how, value)


class Turns:
    """What an agent was asked, and what it did.

    Args:
        begin: Begins a call.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._session: str | None = None
        self._model: str | None = None
        self._main = _Thread()
        self._started: dict[str, _Thread] = {}  # by the id of the tool call that started each
        self._totals: dict[str, dict[str, int]] = {}

    def sent(self, line: Mapping[str, Any]) -> None:
        """The program sends a message of the user."""
        self._main.messages.append(message_of(line.get("message")))

    def received(self, message: object) -> None:
        """The agent gives a message."""
        if not isinstance(message, Mapping):
            return
        kind = message.get("type")
        if isinstance(message.get("session_id"), str):
            self._session = message["session_id"]
        if kind == "system" and message.get("subtype") == "init":
            self._model = str_or_none(message.get("model")) or self._model
            self._open(self._main)
        elif kind == "assistant":
            self._answer(self._thread_of(message), message.get("message"))
        elif kind == "user":
            self._tool_results(self._thread_of(message), message.get("message"))
        elif kind == "result":
            self._finish(message)

    def _thread_of(self, message: Mapping[str, Any]) -> _Thread:
        parent = message.get("parent_tool_use_id")
        if not parent:
            return self._main
        if self._main.answer["parts"]:  # the answer that started it is whole
            self._main.end(Ending.EXHAUSTED)
        return self._started.setdefault(str(parent), _Thread())

    def _open(self, thread: _Thread) -> None:
        if thread.call is not None:
            return
        request = Request(
            "chat",
            "anthropic",
            model=self._model,
            messages=list(thread.messages),
            stream=True,
            conversation=self._session,
        )
        thread.call = call = self._begin(request, Answer())
        if call is not None:
            call.open_stream()

    def _answer(self, thread: _Thread, message: object) -> None:
        """A piece of an answer: its messages have one id, and a block or more each."""
        identity = get_path(message, "id")
        if thread.message_id is not None and thread.message_id != identity:
            thread.end(Ending.EXHAUSTED)
        self._open(thread)
        thread.message_id = identity
        parts = parts_of(get_path(message, "content"))
        thread.answer["parts"] += parts
        calls = any(part["type"] == "tool_call" for part in thread.answer["parts"])
        reason = get_path(message, "stop_reason") or ("tool_use" if calls else "end_turn")
        self._note(
            thread,
            Response(
                id=str_or_none(identity),
                model=str_or_none(get_path(message, "model")),
                messages=[{"role": "assistant", "parts": [*thread.answer["parts"]]}],
                finish_reasons=[str(reason)],
                cost_unknown=_OF_TURN,
            ),
        )
        self._start_agents(message)

    def _start_agents(self, message: object) -> None:
        """A tool call with a prompt starts an agent, if messages with its id follow."""
        for block in as_list(get_path(message, "content")):
            prompt = get_path(block, "input", "prompt")
            if get_path(block, "type") == "tool_use" and isinstance(prompt, str):
                started = self._started.setdefault(str(get_path(block, "id")), _Thread())
                started.messages.append(message_of({"role": "user", "content": prompt}))

    def _note(self, thread: _Thread, response: Response) -> None:
        if thread.call is not None:
            thread.call.item(response)

    def _tool_results(self, thread: _Thread, message: object) -> None:
        """Tools ran, or an agent got its prompt; the next answer is another call."""
        if thread is not self._main and not thread.messages:
            thread.messages.append(message_of(message))
            return
        if not any(
            get_path(block, "type") == "tool_result"
            for block in as_list(get_path(message, "content"))
        ):
            return  # a prompt of the program that is repeated
        for block in as_list(get_path(message, "content")):
            started = self._started.pop(str(get_path(block, "tool_use_id")), None)
            if started is not None:
                started.end(Ending.EXHAUSTED)
        thread.end(Ending.EXHAUSTED)
        thread.messages.append(message_of(message))

    def _finish(self, result: Mapping[str, Any]) -> None:
        for started in self._started.values():
            started.end(Ending.EXHAUSTED)
        self._started.clear()
        self._open(self._main)
        usage, raw = self._usage_of(result)
        response = Response(usage=usage, raw_usage=raw)
        if usage is not None:
            response.cost_unknown = ""
        if not self._main.answer["parts"] and isinstance(result.get("result"), str):
            text = {"type": "text", "content": result["result"]}
            self._main.answer["parts"].append(text)
            response.messages = [{"role": "assistant", "parts": [text]}]
            response.finish_reasons = [str(result.get("stop_reason") or "end_turn")]
        self._note(self._main, response)
        failure = _failure_of(result)
        how = Ending.EXHAUSTED if failure is None else Ending.RAISED
        self._main.end(how, failure)

    def _usage_of(self, result: Mapping[str, Any]) -> tuple[Usage | None, Any]:
        """The usage of the turn: by model it is that of the whole process, up to now."""
        by_model = result.get("modelUsage")
        if not isinstance(by_model, Mapping) or not by_model:
            counts = result.get("usage")
            return usage_of(counts), to_plain_json(counts) if counts else None
        turn: dict[str, dict[str, int]] = {}
        for model, totals in by_model.items():
            before = self._totals.get(model, {})
            now = {name: count_or_none(get_path(totals, name)) or 0 for name in _COUNTS}
            grown = {name: count - before.get(name, 0) for name, count in now.items()}
            if any(grown.values()) and min(grown.values()) >= 0:
                turn[str(model)] = grown
            self._totals[str(model)] = now
        return _usage_by_model(turn, self._model), {"modelUsage": turn}

    def end(self, how: Ending, value: Any = None) -> None:
        """The program leaves the agent, or reading failed."""
        for thread in (self._main, *self._started.values()):
            thread.end(how, value)


def _usage_by_model(turn: dict[str, dict[str, int]], main: str | None) -> Usage | None:
    """The counts of the model that answers, with those of all others beside it."""
    if not turn:
        return None
    counts = {
        model: usage_of({_COUNTS[name]: count for name, count in grown.items()}) or Usage()
        for model, grown in turn.items()
    }
    main = main if main in counts else max(counts, key=lambda each: counts[each].input_tokens or 0)
    usage = counts.pop(main)
    usage.by_model = counts or None
    usage.total_tokens = sum_of_counts(usage.input_tokens, usage.output_tokens)
    return usage


def _failure_of(result: Mapping[str, Any]) -> Failure | None:
    if result.get("is_error") is not True:
        return None
    kind = str(result.get("subtype") or "error")
    status = count_or_none(result.get("api_error_status"))
    texts = [each for each in as_list(result.get("errors")) if isinstance(each, str)]
    message = "\n".join(texts) or str(result.get("result") or kind)
    code = error_code_of_status(status) if status is not None else "unknown"
    return Failure(code, kind, without_secrets(message), status, provider_code=kind)
