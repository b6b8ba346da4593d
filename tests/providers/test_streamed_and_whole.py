"""A stream and its whole answer give the same parts, for each of the main providers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Surface
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.converse import Converse
from hilt.providers.cohere.chat_v2 import ChatV2
from hilt.providers.gemini.streams import StreamedContent
from hilt.providers.openai.responses import Responses
from tests.providers.wire import folded

_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
_values = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), _texts)
_arguments = st.dictionaries(_texts, _values | st.lists(_values, max_size=2), max_size=3)


@dataclass
class Answer:
    """What a model answered, and after how many characters its stream was cut."""

    reasoning: str
    text: str
    calls: list[tuple[str, dict[str, Any]]]
    size: int

    def pieces(self, text: str) -> list[str]:
        """A text in the pieces that the stream has of it."""
        return [text[start : start + self.size] for start in range(0, len(text), self.size)]

    def parts(self) -> list[dict[str, Any]]:
        """What the log must have."""
        parts: list[dict[str, Any]] = []
        if self.reasoning:
            parts.append({"type": "reasoning", "content": self.reasoning})
        if self.text:
            parts.append({"type": "text", "content": self.text})
        for number, (name, arguments) in enumerate(self.calls):
            call = {"type": "tool_call", "id": f"c{number}", "name": name, "arguments": arguments}
            parts.append(call)
        return parts


_answers = st.builds(
    Answer,
    st.just("") | _texts,
    _texts,
    st.lists(st.tuples(st.sampled_from(["f", "g"]), _arguments), max_size=3),
    st.integers(1, 7),
)
Wire = tuple[Surface, Any, list[Any]]
"""What reads an answer, the whole one, and its chunks."""


def _openai_call(number: int, name: str, arguments: str) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": number, "id": f"c{number}", "type": "function", "function": function}


def _chat(answer: Answer) -> Wire:
    calls = [
        _openai_call(number, name, json.dumps(arguments))
        for number, (name, arguments) in enumerate(answer.calls)
    ]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in answer.pieces(answer.reasoning)]
    deltas += [{"content": piece} for piece in answer.pieces(answer.text)]
    for call in calls:
        deltas.append({"tool_calls": [{**call, "function": {"name": call["function"]["name"]}}]})
        deltas += [
            {"tool_calls": [{"index": call["index"], "function": {"arguments": piece}}]}
            for piece in answer.pieces(call["function"]["arguments"])
        ]
    message = {
        "role": "assistant", "content": answer.text, "reasoning_content": answer.reasoning,
        "tool_calls": calls,
    }  # fmt: skip
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    return ChatCompletions(), {"choices": [{"index": 0, "message": message}]}, chunks


def _mistral(answer: Answer) -> Wire:
    def thinking(text: str) -> dict[str, Any]:
        return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}

    surface, whole, chunks = _chat(answer)
    content = [{"type": "text", "text": answer.text}]
    if answer.reasoning:
        content.insert(0, thinking(answer.reasoning))
    message = {**whole["choices"][0]["message"], "content": content, "reasoning_content": None}
    for chunk in chunks:
        delta = chunk["choices"][0]["delta"]
        if "reasoning_content" in delta:
            delta["content"] = [thinking(delta.pop("reasoning_content"))]
    return surface, {"choices": [{"index": 0, "message": message}]}, chunks


def _responses(answer: Answer) -> Wire:
    output: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        output.append({"type": "reasoning", "id": "r", "summary": summary})
    events += [
        {"type": "response.reasoning_summary_text.delta", "delta": piece}
        for piece in answer.pieces(answer.reasoning)
    ]
    content = [{"type": "output_text", "text": answer.text, "annotations": []}]
    output.append({"type": "message", "role": "assistant", "content": content})
    events += [
        {"type": "response.output_text.delta", "delta": piece}
        for piece in answer.pieces(answer.text)
    ]
    for number, (name, arguments) in enumerate(answer.calls):
        item = {"type": "function_call", "call_id": f"c{number}", "name": name}
        output.append({**item, "arguments": json.dumps(arguments)})
        position = {"output_index": number + 2}
        events.append({"type": "response.output_item.added", "item": item, **position})
        events += [
            {"type": "response.function_call_arguments.delta", "delta": piece, **position}
            for piece in answer.pieces(json.dumps(arguments))
        ]
    return Responses(), {"status": "completed", "output": output}, events


def _anthropic(answer: Answer) -> Wire:
    content: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = [{"type": "message_start", "message": {"content": []}}]

    def add(block: dict[str, Any], begin: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
        index = {"index": len(content)}
        content.append(block)
        events.append({"type": "content_block_start", "content_block": begin, **index})
        events.extend({"type": "content_block_delta", "delta": each, **index} for each in deltas)
        events.append({"type": "content_block_stop", **index})

    if answer.reasoning:
        add({"type": "thinking", "thinking": answer.reasoning}, {"type": "thinking", "thinking": ""},
            [{"type": "thinking_delta", "thinking": each}
             for each in answer.pieces(answer.reasoning)])  # fmt: skip
    add({"type": "text", "text": answer.text}, {"type": "text", "text": ""},
        [{"type": "text_delta", "text": each} for each in answer.pieces(answer.text)])  # fmt: skip
    for number, (name, arguments) in enumerate(answer.calls):
        use = {"type": "tool_use", "id": f"c{number}", "name": name}
        written = answer.pieces(json.dumps(arguments))
        add({**use, "input": arguments}, {**use, "input": {}},
            [{"type": "input_json_delta", "partial_json": each} for each in written])  # fmt: skip
    return Messages(), {"role": "assistant", "content": content}, events


def _gemini(answer: Answer) -> Wire:
    thoughts = [{"text": each, "thought": True} for each in answer.pieces(answer.reasoning)]
    texts = [{"text": each} for each in answer.pieces(answer.text)]
    calls = [
        {"functionCall": {"id": f"c{number}", "name": name, "args": arguments}}
        for number, (name, arguments) in enumerate(answer.calls)
    ]

    def body(*parts: dict[str, Any]) -> dict[str, Any]:
        return {"candidates": [{"content": {"role": "model", "parts": list(parts)}}]}

    parts = [*thoughts, *texts, *calls]
    return StreamedContent(), body(*parts), [body(part) for part in parts]


def _cohere(answer: Answer) -> Wire:
    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}]
    if answer.reasoning:
        content.insert(0, {"type": "thinking", "thinking": answer.reasoning})
    events: list[dict[str, Any]] = [{"type": "message-start", "id": "m"}]
    for name, text in (("thinking", answer.reasoning), ("text", answer.text)):
        events += [
            {"type": "content-delta", "delta": {"message": {"content": {name: piece}}}}
            for piece in answer.pieces(text)
        ]
    calls = []
    for number, (name, arguments) in enumerate(answer.calls):
        call = _openai_call(number, name, json.dumps(arguments))
        calls.append(call)
        begun = {**call, "function": {"name": name, "arguments": ""}}
        added = [("start", begun)] + [
            ("delta", {"function": {"arguments": piece}})
            for piece in answer.pieces(json.dumps(arguments))
        ]
        events += [
            {"type": f"tool-call-{kind}", "index": number,
             "delta": {"message": {"tool_calls": piece}}}
            for kind, piece in added
        ]  # fmt: skip
    message = {"role": "assistant", "content": content, "tool_calls": calls}
    return ChatV2(), {"id": "m", "message": message}, events


def _converse(answer: Answer) -> Wire:
    content: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = [{"messageStart": {"role": "assistant"}}]

    def add(block: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
        index = {"contentBlockIndex": len(content)}
        content.append(block)
        events.extend({"contentBlockDelta": {"delta": each, **index}} for each in deltas)
        events.append({"contentBlockStop": index})

    if answer.reasoning:
        add({"reasoningContent": {"reasoningText": {"text": answer.reasoning}}},
            [{"reasoningContent": {"text": each}}
             for each in answer.pieces(answer.reasoning)])  # fmt: skip
    add({"text": answer.text}, [{"text": each} for each in answer.pieces(answer.text)])
    for number, (name, arguments) in enumerate(answer.calls):
        use = {"toolUseId": f"c{number}", "name": name}
        start = {"start": {"toolUse": use}, "contentBlockIndex": len(content)}
        events.append({"contentBlockStart": start})
        add({"toolUse": {**use, "input": arguments}},
            [{"toolUse": {"input": each}}
             for each in answer.pieces(json.dumps(arguments))])  # fmt: skip
    return Converse(), {"output": {"message": {"role": "assistant", "content": content}}}, events


@pytest.mark.parametrize(
    "make", [_chat, _mistral, _responses, _anthropic, _gemini, _cohere, _converse]
)
@given(answer=_answers)
def test_a_stream_and_its_whole_answer_give_the_same_parts(
    make: Callable[[Answer], Wire], answer: Answer
) -> None:
    """Wherever the texts and the arguments of tools are cut."""
    surface, whole, chunks = make(answer)

    assert surface.response(whole).messages[0]["parts"] == answer.parts()
    assert folded(surface, chunks).messages[0]["parts"] == answer.parts()
