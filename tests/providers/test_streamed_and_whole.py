"""A stream and its whole answer give the same parts, for each of the main providers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.genai.values import Surface
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._completions import Completions
from hilt.providers.anthropic.completions import Completions as Claude2
from hilt.providers.anthropic.messages import Messages
from hilt.providers.bedrock.bodies import Answer as InvokedAnswer
from hilt.providers.bedrock.converse import Converse
from hilt.providers.bedrock.invoke import InvokedModel
from hilt.providers.bedrock.texts import Texts
from hilt.providers.cohere.chat_v1 import ChatV1
from hilt.providers.cohere.chat_v2 import ChatV2
from hilt.providers.gemini.interactions import Interactions
from hilt.providers.gemini.tool_call_pieces import StreamedContent
from hilt.providers.huggingface.generation import TextGeneration
from hilt.providers.litellm.calls import FUNCTIONS
from hilt.providers.mistral.conversations import Conversations
from hilt.providers.ollama.chat import Chat, Generate
from hilt.providers.openai.responses import Responses
from hilt.providers.together.adapter import TogetherCompletions
from hilt.providers.writer.adapter import WriterCompletions
from tests.providers.wire import PIXELS, folded

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
    whole = {"type": "message", "role": "assistant", "content": content}
    return Messages(), whole, events


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


def _litellm(answer: Answer) -> Wire:
    return FUNCTIONS["completion"].surface, *_chat(answer)[1:]


def _invoked(make: Callable[[Answer], Wire]) -> Callable[[Answer], Wire]:
    """The same answer by way of Bedrock's ``invoke_model``."""

    def made(answer: Answer) -> Wire:
        _, whole, chunks = make(answer)
        events = [{"chunk": {"bytes": json.dumps(each).encode()}} for each in chunks]
        return InvokedModel(), InvokedAnswer(json.dumps(whole).encode(), {}), events

    return made


def _cohere_v1(answer: Answer) -> Wire:
    calls = [{"name": name, "parameters": arguments} for name, arguments in answer.calls]
    whole = {"response_id": "r", "text": answer.text, "tool_calls": calls}
    events: list[dict[str, Any]] = [{"event_type": "stream-start", "generation_id": "r"}]
    events += [
        {"event_type": "text-generation", "text": piece} for piece in answer.pieces(answer.text)
    ]
    events.append({"event_type": "stream-end", "finish_reason": "COMPLETE", "response": whole})
    return ChatV1(), whole, events


def _ollama(answer: Answer) -> Wire:
    calls = [
        {"id": f"c{number}", "function": {"name": name, "arguments": arguments}}
        for number, (name, arguments) in enumerate(answer.calls)
    ]
    messages: list[dict[str, Any]] = [
        *({"thinking": piece, "content": ""} for piece in answer.pieces(answer.reasoning)),
        *({"content": piece} for piece in answer.pieces(answer.text)),
        *({"content": "", "tool_calls": [call]} for call in calls),
    ]
    message = {"content": answer.text, "thinking": answer.reasoning, "tool_calls": calls}
    chunks = [{"message": {"role": "assistant", **each}} for each in messages]
    end = {"message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
    return Chat(), {**end, "message": {"role": "assistant", **message}}, [*chunks, end]


def _ollama_text(answer: Answer) -> Wire:
    chunks = [
        *({"response": "", "thinking": piece} for piece in answer.pieces(answer.reasoning)),
        *({"response": piece} for piece in answer.pieces(answer.text)),
        {"response": "", "done": True, "done_reason": "stop"},
    ]
    return Generate(), {"response": answer.text, "thinking": answer.reasoning}, chunks


def _interaction(answer: Answer) -> Wire:
    steps: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []

    def add(step: dict[str, Any], begin: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
        index = {"index": len(steps)}
        steps.append(step)
        events.append({"event_type": "step.start", "step": begin, **index})
        events.extend({"event_type": "step.delta", "delta": each, **index} for each in deltas)
        events.append({"event_type": "step.stop", **index})

    if answer.reasoning:
        add({"type": "thought", "summary": [{"type": "text", "text": answer.reasoning}]},
            {"type": "thought"},
            [{"type": "thought_summary", "content": {"type": "text", "text": piece}}
             for piece in answer.pieces(answer.reasoning)])  # fmt: skip
    add({"type": "model_output", "content": [{"type": "text", "text": answer.text}]},
        {"type": "model_output"},
        [{"type": "text", "text": piece} for piece in answer.pieces(answer.text)])  # fmt: skip
    for number, (name, arguments) in enumerate(answer.calls):
        call = {"type": "function_call", "id": f"c{number}", "name": name}
        written = answer.pieces(json.dumps(arguments))
        add({**call, "arguments": arguments}, call,
            [{"type": "arguments_delta", "arguments": piece} for piece in written])  # fmt: skip
    return Interactions(), {"id": "i", "status": "completed", "steps": steps}, events


def _conversation(answer: Answer) -> Wire:
    def thinking(text: str) -> dict[str, Any]:
        return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}

    def piece_of(content: Any) -> dict[str, Any]:
        return {"type": "message.output.delta", "id": "m", "content": content}

    content: list[dict[str, Any]] = [{"type": "text", "text": answer.text}]
    if answer.reasoning:
        content.insert(0, thinking(answer.reasoning))
    outputs: list[dict[str, Any]] = [{"type": "message.output", "content": content}]
    events: list[dict[str, Any]] = [
        {"type": "conversation.response.started", "conversation_id": "conv"},
        *(piece_of(thinking(piece)) for piece in answer.pieces(answer.reasoning)),
        *(piece_of(piece) for piece in answer.pieces(answer.text)),
    ]
    for number, (name, arguments) in enumerate(answer.calls):
        call = {"tool_call_id": f"c{number}", "name": name}
        written = json.dumps(arguments)
        outputs.append({"type": "function.call", **call, "arguments": written})
        events += [
            {"type": "function.call.delta", **call, "arguments": piece}
            for piece in answer.pieces(written)
        ]
    events.append({"type": "conversation.response.done", "usage": {}})
    return Conversations(), {"conversation_id": "conv", "outputs": outputs}, events


def _plain(
    surface: Callable[[], Surface], whole: Callable[[str], Any], chunk: Callable[[str], Any]
) -> Callable[[Answer], Wire]:
    """An API that answers with text and nothing else."""

    def made(answer: Answer) -> Wire:
        return surface(), whole(answer.text), [chunk(each) for each in answer.pieces(answer.text)]

    return made


def _choice(text: str) -> Any:
    return {"choices": [{"index": 0, "text": text}]}


_PARTS_OF = {
    "chat": _chat,
    "mistral": _mistral,
    "responses": _responses,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "cohere": _cohere,
    "converse": _converse,
    "litellm": _litellm,
    "ollama": _ollama,
    "interactions": _interaction,
    "conversations": _conversation,
    "invoke chat": _invoked(_chat),
    "invoke anthropic": _invoked(_anthropic),
    "invoke cohere": _invoked(_cohere_v1),
    "invoke nova": _invoked(_converse),
    "cohere v1": _cohere_v1,
    "ollama generate": _ollama_text,
    "completions": _plain(Completions, _choice, _choice),
    "together completions": _plain(TogetherCompletions, _choice, _choice),
    "writer completions": _plain(WriterCompletions, _choice, lambda text: {"value": text}),
    "claude 2": _plain(Claude2, lambda text: {"completion": text}, lambda text: {"completion": text}),
    "invoke claude 2": _invoked(
        _plain(Texts, lambda text: {"type": "completion", "completion": text},
               lambda text: {"type": "completion", "completion": text})
    ),
    "invoke llama": _invoked(
        _plain(Texts, lambda text: {"generation": text}, lambda text: {"generation": text})
    ),
    "invoke titan": _invoked(
        _plain(Texts, lambda text: {"results": [{"outputText": text}]},
               lambda text: {"outputText": text, "index": 0})
    ),
    "invoke mistral": _invoked(
        _plain(Texts, lambda text: {"outputs": [{"text": text}]},
               lambda text: {"outputs": [{"text": text}]})
    ),
    "text generation": _plain(
        TextGeneration, lambda text: {"generated_text": text},
        lambda text: {"token": {"text": text, "special": False}},
    ),
}  # fmt: skip
"""What each adapter is sent for an answer."""
_WITHOUT_CALLS = frozenset(list(_PARTS_OF)[list(_PARTS_OF).index("ollama generate") :])
_ONLY_TEXT = _WITHOUT_CALLS - {"ollama generate"}
_WITHOUT_REASONING = _ONLY_TEXT | {"cohere v1", "invoke cohere"}
_WITHOUT_IDS = frozenset({"cohere v1", "invoke cohere"})


def _sent_by(name: str, answer: Answer) -> Answer:
    """What of an answer an adapter's API has."""
    return Answer(
        "" if name in _WITHOUT_REASONING else answer.reasoning,
        answer.text,
        [] if name in _WITHOUT_CALLS else answer.calls,
        answer.size,
    )


@pytest.mark.parametrize("name", _PARTS_OF)
@given(answer=_answers)
def test_a_stream_and_its_whole_answer_give_the_same_parts(name: str, answer: Answer) -> None:
    """Wherever the texts and the arguments of tools are cut."""
    sent = _sent_by(name, answer)
    surface, whole, chunks = _PARTS_OF[name](sent)
    expected = sent.parts()
    if name in _WITHOUT_IDS:
        expected = [{key: part[key] for key in part if key != "id"} for part in expected]

    assert surface.response(whole).messages[0]["parts"] == expected
    surface, _, chunks = _PARTS_OF[name](sent)
    assert folded(surface, chunks).messages[0]["parts"] == expected


def _candidate(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": list(parts)}}]}


def _sound(data: bytes) -> dict[str, Any]:
    return {"inlineData": {"mimeType": "audio/wav", "data": base64.b64encode(data).decode()}}


_RUN = {"executableCode": {"language": "PYTHON", "code": "1"}}
_USE = {"toolUseId": "t", "name": "nova_grounding", "type": "server_tool_use"}
_RESULT = {"toolUseId": "t", "status": "success", "type": "nova_grounding_result"}
_AUDIO = base64.b64encode(PIXELS).decode()


def _converse_whole(*content: dict[str, Any]) -> dict[str, Any]:
    return {"output": {"message": {"role": "assistant", "content": list(content)}}}


def _converse_blocks(*blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of blocks; the first of a block may be its start."""
    events: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        index = {"contentBlockIndex": number}
        for each in block:
            name = "contentBlockStart" if "start" in each else "contentBlockDelta"
            events.append({name: {**(each if "start" in each else {"delta": each}), **index}})
        events.append({"contentBlockStop": index})
    return events


_ORDERED: dict[str, Wire] = {
    "sound of a chat": (
        ChatCompletions(),
        {"choices": [{"message": {"audio": {"transcript": "Hi", "data": _AUDIO}}}]},
        [{"choices": [{"index": 0, "delta": {"audio": each}}]}
         for each in ({"transcript": "Hi"}, {"data": _AUDIO[:4]}, {"data": _AUDIO[4:]})],
    ),
    "sound of a chat, with its id": (
        ChatCompletions(),
        {"choices": [{"message": {"audio": {"id": "a1", "transcript": "Hi", "data": _AUDIO}}}]},
        [{"choices": [{"index": 0, "delta": {"audio": each}}]}
         for each in ({"id": "a1", "transcript": "Hi"}, {"data": _AUDIO}, {"expires_at": 1})],
    ),
    "sound of Gemini": (
        StreamedContent(), _candidate(_sound(PIXELS)),
        [_candidate(_sound(PIXELS[:2])), _candidate(_sound(PIXELS[2:]))],
    ),
    "code between texts": (
        StreamedContent(), _candidate({"text": "a"}, _RUN, {"text": "b"}),
        [_candidate({"text": "a"}), _candidate(_RUN), _candidate({"text": "b"})],
    ),
    "an image in pieces": (
        Converse(),
        _converse_whole({"text": "a"}, {"image": {"format": "png", "source": {"bytes": PIXELS}}}),
        _converse_blocks(
            [{"text": "a"}],
            [{"start": {"image": {"format": "png"}}},
             {"image": {"source": {"bytes": PIXELS[:2]}}},
             {"image": {"source": {"bytes": PIXELS[2:]}}}]),
    ),
    "a tool that Bedrock runs": (
        Converse(),
        _converse_whole({"toolUse": {**_USE, "input": {"q": 1}}},
                        {"toolResult": {**_RESULT, "content": [{"text": "r"}]}}, {"text": "a"}),
        _converse_blocks(
            [{"start": {"toolUse": _USE}}, {"toolUse": {"input": '{"q": 1}'}}],
            [{"start": {"toolResult": _RESULT}}, {"toolResult": [{"text": "r"}]}],
            [{"text": "a"}]),
    ),
    "redacted reasoning": (
        Converse(), _converse_whole({"reasoningContent": {"redactedContent": b"z"}}, {"text": "a"}),
        _converse_blocks([{"reasoningContent": {"redactedContent": b"z"}}], [{"text": "a"}]),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _ORDERED)
def test_parts_are_in_their_order_and_whole(name: str) -> None:
    """What comes in pieces is one part, and stands where it stands in the whole answer."""
    surface, whole, chunks = _ORDERED[name]

    assert (
        folded(surface, chunks).messages[0]["parts"] == surface.response(whole).messages[0]["parts"]
    )


def test_tool_that_bedrock_runs_is_no_tool_call() -> None:
    """Nobody is asked to run it."""
    surface, whole, _ = _ORDERED["a tool that Bedrock runs"]
    kinds = [part["type"] for part in surface.response(whole).messages[0]["parts"]]

    assert kinds == ["server_tool_call", "server_tool_call_response", "text"]


# Pieces of them are tested beside each of these.
_READ_ELSEWHERE = frozenset({"hilt.providers.openai.assistants", "hilt.providers.bedrock.agents",
                             "hilt.providers._media", "hilt.providers.xai.answers",
                             "hilt.providers.generativeai.adapter",
                             "hilt.providers.mistral.transcriptions",
                             "hilt.providers.openai.realtime",
                             "hilt.providers.gemini.live_answers",
                             "hilt.providers.local_outputs", "hilt.providers.transformers.generation",
                             "hilt.providers.claude_agent.turns"})  # fmt: skip


def test_every_adapter_that_streams_is_here() -> None:
    """A new one is added to the table above, or tested beside its own module."""
    tested = {
        cls.__module__
        for make in _PARTS_OF.values()
        for cls in type(make(Answer("a", "a", [("f", {})], 1))[0]).__mro__
    }
    streaming = {
        cls.__module__
        for cls in _subclasses(Surface)
        if "delta" in vars(cls) and cls.__module__.startswith("hilt.providers")
    }
    assert streaming - tested - _READ_ELSEWHERE - {"hilt.providers.bedrock.texts"} == set()


def _subclasses(cls: type) -> set[type]:
    return {cls}.union(*(_subclasses(each) for each in cls.__subclasses__()))
