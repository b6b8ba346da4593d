"""One story as the spans of eight dialects: an agent asks a model, runs a tool, and answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from hilt_otel_exporters.span_record import SpanEvent, SpanRecord
from tests.hilt_otel_exporters.conftest import MILLI, record

__all__ = ["ANSWER", "ARGUMENTS", "COUNTS", "QUESTION", "RESULT", "STORIES", "story"]

QUESTION = "What is the weather in Lima?"
ARGUMENTS = {"city": "Lima"}
RESULT = "18 degrees"
ANSWER = "It is 18 degrees in Lima."
COUNTS = ((62, 15), (90, 8))
"""The tokens of both calls."""

EVENTS = "the events of the span"
MODEL, ANSWERED = "gpt-4o-mini", "gpt-4o-mini-2024-07-18"
TIMES = ((0, 1000), (10, 200), (210, 300), (310, 900))
"""Of the agent, the call that asks for the tool, the tool, and the call that answers."""

NAMES = ("geo", "chat", "get_weather", "chat")


def story(dialect: str, *, ids: bool = True) -> list[SpanRecord]:
    """The four spans, in the order of their beginning; tool calls have ids or none."""
    scope, spans = STORIES[dialect]
    messages = [_with_ids(each, ids) for each in _messages()]
    numbered = enumerate(spans(messages, "call_1" if ids else None), 1)
    records = [
        record(
            {name: each[name] for name in each if each[name] is not None and name != EVENTS},
            span=number,
            parent=None if number == 1 else 1,
            at=TIMES[number - 1],
            scope=scope,
            events=[SpanEvent(*event) for event in each.get(EVENTS, ())],
        )
        for number, each in numbered
    ]
    for each, name in zip(records, NAMES, strict=True):
        each.name = name
    return records


Messages = list[dict[str, Any]]
Spans = Iterator[dict[str, Any]]


def _messages() -> Messages:
    function = {"name": "get_weather", "arguments": json.dumps(ARGUMENTS)}
    asked = {"id": "call_1", "type": "function", "function": function}
    return [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": None, "tool_calls": [asked]},
        {"role": "tool", "tool_call_id": "call_1", "content": RESULT},
        {"role": "assistant", "content": ANSWER},
    ]


def _with_ids(message: dict[str, Any], ids: bool) -> dict[str, Any]:
    if not ids:
        message.pop("tool_call_id", None)
        for each in message.get("tool_calls", ()):
            del each["id"]
    return message


def _parts(message: dict[str, Any]) -> dict[str, Any]:
    """A message as the conventions have it."""
    role, parts = message["role"], []
    if role == "tool":
        part = {"type": "tool_call_response", "response": message["content"]}
        return {"role": role, "parts": [_with_id(part, message.get("tool_call_id"))]}
    if message["content"]:
        parts.append({"type": "text", "content": message["content"]})
    for each in message.get("tool_calls", ()):
        part = {"type": "tool_call", "name": "get_weather", "arguments": ARGUMENTS}
        parts.append(_with_id(part, each.get("id")))
    return {"role": role, "parts": parts}


def _with_id(part: dict[str, Any], call_id: str | None) -> dict[str, Any]:
    return part if call_id is None else {**part, "id": call_id}


def _conventions(messages: Messages, call_id: str | None) -> Spans:
    parts = [_parts(each) for each in messages]
    yield {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "geo",
        "gen_ai.input.messages": json.dumps(parts[:1]),
        "gen_ai.output.messages": json.dumps(parts[3:]),
    }
    yield _official(0, json.dumps(parts[:1]), json.dumps(parts[1:2]))
    yield _official_tool(call_id)
    yield _official(1, json.dumps(parts[:3]), json.dumps(parts[3:]))


def _official(index: int, given: str | None = None, answer: str | None = None) -> dict[str, Any]:
    prompt, completion = COUNTS[index]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": MODEL,
        "gen_ai.response.model": ANSWERED,
        "gen_ai.response.id": f"response-{index}",
        "gen_ai.usage.input_tokens": prompt,
        "gen_ai.usage.output_tokens": completion,
        "gen_ai.input.messages": given,
        "gen_ai.output.messages": answer,
    }


def _official_tool(call_id: str | None) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get_weather",
        "gen_ai.tool.call.id": call_id,
        "gen_ai.tool.call.arguments": json.dumps(ARGUMENTS),
        "gen_ai.tool.call.result": RESULT,
    }


def _events(messages: Messages, call_id: str | None) -> Spans:
    def event(message: dict[str, Any], at: int) -> tuple[str, int, dict[str, Any]]:
        body = {"gen_ai.event.content": json.dumps(message)}
        return f"gen_ai.{message['role']}.message", at * MILLI, body

    def choice(message: dict[str, Any], at: int) -> tuple[str, int, dict[str, Any]]:
        body = {"index": 0, "finish_reason": "stop", "message": message}
        return "gen_ai.choice", at * MILLI, {"gen_ai.event.content": json.dumps(body)}

    yield {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "geo"}
    yield {**_official(0), EVENTS: [event(messages[0], 10), choice(messages[1], 199)]}
    yield _official_tool(call_id)
    sent = [event(each, 310) for each in messages[:3]]
    yield {**_official(1), EVENTS: [*sent, choice(messages[3], 899)]}


def _openinference(messages: Messages, call_id: str | None) -> Spans:
    def flat(message: dict[str, Any], prefix: str) -> dict[str, Any]:
        call = f"{prefix}.message.tool_calls.0.tool_call"
        return {
            f"{prefix}.message.role": message["role"],
            f"{prefix}.message.content": message["content"],
            f"{prefix}.message.tool_call_id": message.get("tool_call_id"),
            **(
                {
                    f"{call}.id": call_id,
                    f"{call}.function.name": "get_weather",
                    f"{call}.function.arguments": json.dumps(ARGUMENTS),
                }
                if "tool_calls" in message
                else {}
            ),
        }

    def chat(index: int, given: Messages, answer: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            "openinference.span.kind": "LLM",
            "llm.provider": "openai",
            "llm.model_name": ANSWERED,
            "llm.invocation_parameters": json.dumps({"model": MODEL}),
            "llm.token_count.prompt": COUNTS[index][0],
            "llm.token_count.completion": COUNTS[index][1],
            "output.value": json.dumps({"id": f"response-{index}", "model": ANSWERED}),
        }
        for number, each in enumerate(given):
            attributes |= flat(each, f"llm.input_messages.{number}")
        return {**attributes, **flat(answer, "llm.output_messages.0")}

    yield {
        "openinference.span.kind": "AGENT",
        "agent.name": "geo",
        "input.value": QUESTION,
        "output.value": ANSWER,
    }
    yield chat(0, messages[:1], messages[1])
    yield {
        "openinference.span.kind": "TOOL",
        "tool.name": "get_weather",
        "tool.parameters": json.dumps({"type": "object", "properties": {"city": {}}}),
        "tool_call.id": call_id,
        "input.value": json.dumps(ARGUMENTS),
        "output.value": RESULT,
    }
    yield chat(1, messages[:3], messages[3])


def _openllmetry(messages: Messages, call_id: str | None) -> Spans:
    def flat(message: dict[str, Any], prefix: str) -> dict[str, Any]:
        attributes = {
            f"{prefix}.role": message["role"],
            f"{prefix}.content": message["content"],
            f"{prefix}.tool_call_id": message.get("tool_call_id"),
        }
        if "tool_calls" in message:
            call = f"{prefix}.tool_calls.0"
            attributes[f"{call}.id"] = call_id
            attributes[f"{call}.name"] = "get_weather"
            attributes[f"{call}.arguments"] = json.dumps(ARGUMENTS)
        return attributes

    def chat(index: int, given: Messages, answer: dict[str, Any]) -> dict[str, Any]:
        attributes = {
            "gen_ai.system": "openai",
            "llm.request.type": "chat",
            "gen_ai.request.model": MODEL,
            "gen_ai.response.model": ANSWERED,
            "gen_ai.response.id": f"response-{index}",
            "gen_ai.usage.prompt_tokens": COUNTS[index][0],
            "gen_ai.usage.completion_tokens": COUNTS[index][1],
        }
        for number, each in enumerate(given):
            attributes |= flat(each, f"gen_ai.prompt.{number}")
        return {**attributes, **flat(answer, "gen_ai.completion.0")}

    yield {
        "traceloop.span.kind": "workflow",
        "traceloop.entity.name": "geo",
        "traceloop.entity.input": json.dumps({"args": [QUESTION], "kwargs": {}}),
        "traceloop.entity.output": json.dumps(ANSWER),
    }
    yield chat(0, messages[:1], messages[1])
    yield {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "get_weather",
        "traceloop.entity.input": json.dumps({"args": [], "kwargs": ARGUMENTS}),
        "traceloop.entity.output": json.dumps(RESULT),
    }
    yield chat(1, messages[:3], messages[3])


def _langfuse(messages: Messages, call_id: str | None) -> Spans:
    def observation(kind: str, given: object, output: object, **more: object) -> dict[str, Any]:
        return {
            "langfuse.observation.type": kind,
            "langfuse.observation.input": json.dumps(given),
            "langfuse.observation.output": json.dumps(output),
            **{f"langfuse.observation.{name}": value for name, value in more.items()},
        }

    def counts(index: int) -> str:
        return json.dumps(
            dict(zip(("prompt_tokens", "completion_tokens"), COUNTS[index], strict=True))
        )

    named = {"model.name": ANSWERED}
    yield observation("agent", QUESTION, ANSWER)
    yield observation("generation", messages[:1], messages[1], usage_details=counts(0), **named)
    yield observation("tool", ARGUMENTS, RESULT)
    yield observation("generation", messages[:3], messages[3], usage_details=counts(1), **named)


def _body(index: int, answer: dict[str, Any]) -> dict[str, Any]:
    prompt, completion = COUNTS[index]
    return {
        "id": f"response-{index}",
        "model": ANSWERED,
        "choices": [{"index": 0, "message": answer, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
    }


def _mlflow(messages: Messages, call_id: str | None) -> Spans:
    def span(kind: str, given: object, output: object, **more: object) -> dict[str, Any]:
        values = {"Type": kind, "Inputs": given, "Outputs": output}
        attributes = {f"mlflow.span{name}": value for name, value in values.items()} | more
        return {name: json.dumps(value) for name, value in attributes.items()}

    def chat(index: int, given: Messages, answer: dict[str, Any]) -> dict[str, Any]:
        counts = dict(zip(("input_tokens", "output_tokens"), COUNTS[index], strict=True))
        usage = {"mlflow.chat.tokenUsage": counts}
        request = {"model": MODEL, "messages": given}
        return span("CHAT_MODEL", request, _body(index, answer), **usage)

    yield span("AGENT", {"question": QUESTION}, ANSWER)
    yield chat(0, messages[:1], messages[1])
    yield span("TOOL", ARGUMENTS, RESULT)
    yield chat(1, messages[:3], messages[3])


def _langsmith(messages: Messages, call_id: str | None) -> Spans:
    def run(kind: str, given: object, output: object, **more: object) -> dict[str, Any]:
        return {
            "langsmith.span.kind": kind,
            "gen_ai.prompt": json.dumps(given),
            "gen_ai.completion": json.dumps(output),
            **more,
        }

    def chat(index: int, given: Messages, answer: dict[str, Any]) -> dict[str, Any]:
        official = {
            name: value
            for name, value in _official(index).items()
            if name not in ("gen_ai.response.id", "gen_ai.response.model")
        }
        request = {"messages": given, "model": MODEL}
        return run("llm", request, _body(index, answer), **official)

    yield run("chain", {"question": QUESTION}, {"output": ANSWER})
    yield chat(0, messages[:1], messages[1])
    yield run("tool", {"input": json.dumps(ARGUMENTS)}, {"output": RESULT})
    yield chat(1, messages[:3], messages[3])


def _vercel(messages: Messages, call_id: str | None) -> Spans:
    named = {"toolCallId": call_id or "", "toolName": "get_weather"}
    sent = [
        {"role": "user", "content": [{"type": "text", "text": messages[0]["content"]}]},
        {"role": "assistant", "content": [{"type": "tool-call", **named, "input": ARGUMENTS}]},
        {
            "role": "tool",
            "content": [
                {"type": "tool-result", **named, "output": {"type": "text", "value": RESULT}}
            ],
        },
    ]

    def span(operation: str, **more: object) -> dict[str, Any]:
        return {"ai.operationId": operation, **{f"ai.{name}": more[name] for name in more}}

    def counts(*given: int) -> dict[str, Any]:
        return dict(zip(("usage.inputTokens", "usage.outputTokens"), given, strict=True))

    model = {"model.provider": "openai.chat", "model.id": MODEL, "response.model": ANSWERED}
    asked = json.dumps([{**named, "input": json.dumps(ARGUMENTS)}])
    whole = {"prompt": json.dumps({"prompt": QUESTION}), "response.text": ANSWER}
    yield span("ai.generateText", **model, **whole, **counts(152, 23))
    first = {"prompt.messages": json.dumps(sent[:1]), "response.toolCalls": asked}
    yield span("ai.generateText.doGenerate", **model, **first, **counts(*COUNTS[0]))
    yield span(
        "ai.toolCall",
        **{
            "toolCall.name": "get_weather",
            "toolCall.id": call_id,
            "toolCall.args": json.dumps(ARGUMENTS),
            "toolCall.result": json.dumps(RESULT),
        },
    )
    second = {"prompt.messages": json.dumps(sent), "response.text": ANSWER}
    yield span("ai.generateText.doGenerate", **model, **second, **counts(*COUNTS[1]))


STORIES: dict[str, tuple[str, Callable[[Messages, str | None], Spans]]] = {
    "conventions": ("some.instrumentation", _conventions),
    "events": ("some.instrumentation", _events),
    "openinference": ("openinference.instrumentation.some", _openinference),
    "openllmetry": ("opentelemetry.instrumentation.some", _openllmetry),
    "langfuse": ("langfuse-sdk", _langfuse),
    "mlflow": ("mlflow.tracing.provider", _mlflow),
    "langsmith": ("langsmith", _langsmith),
    "vercel": ("ai", _vercel),
}
"""By dialect, the name of an instrumentation scope and what makes the attributes of the spans."""
