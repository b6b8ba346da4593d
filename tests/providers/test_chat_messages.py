"""Messages of the chat completions API, read from JSON and from SDK objects."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._chat_messages import answer_message_of, message_of, part_of
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


@pytest.mark.parametrize("role", ["user", "system", "assistant", "developer"])
def test_text_message(role: str) -> None:
    """What most messages are: a role and a text."""
    assert message_of({"role": role, "content": "Hi"}) == {"role": role, "parts": [text("Hi")]}


def test_name_of_a_participant() -> None:
    """Who speaks is kept; of a tool, the name is that of its response."""
    user = message_of({"role": "user", "name": "ada", "content": "Hi"})
    tool = message_of({"role": "tool", "name": "f", "tool_call_id": "c1", "content": "14"})

    assert user == {"role": "user", "name": "ada", "parts": [text("Hi")]}
    assert tool == {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "c1", "name": "f", "response": "14"}],
    }


def test_everything_that_an_assistant_may_say() -> None:
    """Reasoning, text, refusal, tool calls and audio, in this order."""
    message = {
        "role": "assistant",
        "content": [{"type": "text", "text": "Hi"}],
        "reasoning_content": "Be kind.",
        "refusal": "Not that.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}},
            {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "print(1)"}},
        ],
        "function_call": {"name": "h", "arguments": ""},
        "audio": {"id": "audio_1", "transcript": "Hello"},
    }

    assert message_of(message) == {
        "role": "assistant",
        "parts": [
            {"type": "reasoning", "content": "Be kind."},
            text("Hi"),
            {"type": "refusal", "content": "Not that."},
            {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": 1}},
            {"type": "tool_call", "id": "c2", "name": "g", "arguments": "print(1)"},
            {"type": "tool_call", "name": "h", "arguments": {}},
            text("Hello"),
            {"type": "file", "modality": "audio", "file_id": "audio_1"},
        ],
    }


@pytest.mark.parametrize("role", ["user", "system", "assistant"])
def test_what_only_an_assistant_has(role: str) -> None:
    """Sources and pictures beside a text are of answers."""
    raw = {"role": role, "name": "ada", "content": "Hi", "annotations": [{"type": "x"}],
           "images": [{"image_url": {"url": "https://x/a"}}]}  # fmt: skip
    message = message_of(raw)
    plain = {"role": role, "name": "ada", "parts": [text("Hi")]}
    picture = {"type": "uri", "modality": "image", "uri": "https://x/a"}
    cited = {**text("Hi"), "citations": [{"type": "x"}]}

    assert message == (plain if role != "assistant" else {**plain, "parts": [cited, picture]})


def test_sources_belong_to_the_first_text() -> None:
    """Wherever that stands; without one they are nobody's."""
    hm = {"type": "reasoning", "content": "Hm"}
    texts = [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "A"}, "B"]
    raw = {"role": "assistant", "content": texts, "citations": ["https://a"]}

    assert message_of(raw)["parts"] == [hm, {**text("A"), "citations": ["https://a"]}, text("B")]
    assert message_of({**raw, "content": None})["parts"] == []


@pytest.mark.parametrize("refusal", [None, "", 5, ["No."]])
def test_refusal_that_is_no_text_is_none(refusal: Any) -> None:
    """Most messages have an empty one."""
    raw = {"role": "assistant", "content": "Hi", "refusal": refusal, "tool_calls": None,
           "function_call": None, "audio": None}  # fmt: skip

    assert message_of(raw) == {"role": "assistant", "parts": [text("Hi")]}


def test_sound_of_an_answer_is_a_blob() -> None:
    """Only its size and hash are kept."""
    message = {"role": "assistant", "content": None, "audio": {"data": PIXELS_BASE64}}

    assert message_of(message)["parts"] == [{"type": "blob", "modality": "audio", **PIXELS_DIGEST}]


def test_sound_of_an_answer_has_its_id() -> None:
    """By it a caller sends the answer back."""
    message = {"role": "assistant", "audio": {"id": "audio_1", "data": PIXELS_BASE64}}

    assert message_of(message)["parts"] == [
        {"type": "blob", "modality": "audio", **PIXELS_DIGEST, "id": "audio_1"}
    ]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ("14 C", "14 C"),
        (None, ""),
        ([{"type": "text", "text": "14"}, {"type": "text", "text": " C"}], "14 C"),
        ([{"type": "text", "text": "See"}, {"type": "image_url", "image_url": "https://x/a"}],
         [text("See"), {"type": "uri", "modality": "image", "uri": "https://x/a"}]),
        ({"degrees": 14}, {"degrees": 14}),
        (("14", {"type": "text", "text": " C"}), "14 C"),
        ([], ""),
        (0, ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("role", ["tool", "function"])
def test_response_of_a_tool(role: str, content: Any, response: Any) -> None:
    """Texts are joined; other parts stay parts."""
    message = message_of({"role": role, "tool_call_id": "c1", "content": content})

    assert message == {
        "role": role,
        "parts": [{"type": "tool_call_response", "id": "c1", "response": response}],
    }


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("Hi", text("Hi")),
        ({"type": "text", "text": "Hi"}, text("Hi")),
        ({"text": "Hi"}, text("Hi")),
        ({"type": "refusal", "refusal": "No."}, {"type": "refusal", "content": "No."}),
        ({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS_BASE64}"}},
         {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}),
        ({"type": "input_audio", "input_audio": {"data": PIXELS_BASE64, "format": "mp3"}},
         {"type": "blob", "mime_type": "audio/mp3", "modality": "audio", **PIXELS_DIGEST}),
        ({"type": "video_url", "video_url": {"url": "https://x/a.mp4"}},
         {"type": "uri", "modality": "video", "uri": "https://x/a.mp4"}),
        ({"type": "file", "file": {"file_id": "f1", "filename": "a.pdf"}},
         {"type": "file", "modality": "document", "file_id": "f1", "filename": "a.pdf"}),
        ({"type": "file", "file": {"file_data": f"data:application/pdf;base64,{PIXELS_BASE64}"}},
         {"type": "blob", "mime_type": "application/pdf", "modality": "document", **PIXELS_DIGEST}),
        ({"type": "file", "file": {"file_data": PIXELS_BASE64}}, {"type": "blob", **PIXELS_DIGEST}),
        ({"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
         {"type": "reasoning", "content": "Hm"}),
        ({"type": "reasoning", "text": "Hm"}, {"type": "reasoning", "content": "Hm"}),
        ({"type": "new_kind", "value": 1}, {"type": "new_kind", "value": 1}),
        ({"type": "new_kind", "text": "Hi", "no": None}, {"type": "new_kind", "text": "Hi"}),
        ({"text": None, "a": 1}, {"type": "unknown", "content": {"a": 1}}),
        ({"type": "text", "text": None}, text("")),
        ({"type": "refusal"}, {"type": "refusal", "content": ""}),
        ({"type": "image_url", "image_url": "https://x/a.png"},
         {"type": "uri", "modality": "image", "uri": "https://x/a.png"}),
        ({"type": "input_audio", "input_audio": {"data": PIXELS_BASE64}},
         {"type": "blob", "mime_type": "audio/wav", "modality": "audio", **PIXELS_DIGEST}),
        ({"type": "file", "file": {}}, {"type": "file", "modality": "document", "file_id": ""}),
        ({"type": "thinking", "thinking": "", "text": "Hm"}, {"type": "reasoning", "content": "Hm"}),
        ({"type": "reasoning", "thinking": "A", "text": "B"}, {"type": "reasoning", "content": "A"}),
        (5, {"type": "unknown", "content": 5}),
        ({"type": ["text"], "a": 1}, {"type": "unknown", "content": {"type": ["text"], "a": 1}}),
    ],
)  # fmt: skip
def test_content_part(part: Any, found: dict[str, Any]) -> None:
    """Each kind of part; binary content by its hash, and new kinds as they came."""
    assert part_of(part) == found


@pytest.mark.parametrize("raw", ["Hi", 5, None, ["Hi"]])
def test_what_is_no_message(raw: Any) -> None:
    """It is in the log as it came, as the user's in a request and the model's in an answer."""
    assert message_of(raw)["role"] == "user"
    assert answer_message_of(raw) == {**message_of(raw), "role": "assistant"}


def test_calls_that_are_no_calls_are_kept() -> None:
    """One odd value costs nothing but itself."""
    message = message_of({"role": "assistant", "content": "Hi", "tool_calls": ["f"]})

    assert message["parts"] == [text("Hi"), {"type": "unknown", "content": "f"}]


def test_objects_read_like_json() -> None:
    """What an SDK gives has fields for what the JSON has keys for."""
    call = SimpleNamespace(id="c1", function=SimpleNamespace(name="f", arguments="{}"))
    message = SimpleNamespace(role="assistant", content="Hi", tool_calls=[call])

    assert answer_message_of(message) == {
        "role": "assistant",
        "parts": [text("Hi"), {"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}],
    }


@pytest.mark.parametrize(
    "extra",
    [{}, {"refusal": None, "annotations": []}, {"refusal": "No."}, {"reasoning": "Hm"},
     {"audio": {"id": "a1"}}, {"name": "ada"}, {"function_call": {"name": "f"}},
     {"tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": "{}"}}]}],
)  # fmt: skip
def test_quick_way_through_an_answer_reads_the_same(extra: dict[str, Any]) -> None:
    """A message that is text and empty fields is read at once; any other one with care."""
    message = {"role": "assistant", "content": "Hi", **extra}

    answer = ChatCompletions().response({"choices": [{"message": message}]})

    assert answer.messages == [message_of({"tool_calls": None, **message})]
