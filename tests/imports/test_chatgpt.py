"""The export of ChatGPT."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hilt.imports.chatgpt import _part_of, _parts_of, _turns
from tests.imports.histories import events_of, import_file, told, write_json

BEGUN = 1_790_000_000.5  # 2026-09-21T14:13:20.5Z


def node(
    identity: str, parent: str | None, role: str, content: Any, second: float | None, **more: Any
) -> dict[str, Any]:
    """A node of the tree of a conversation."""
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    author = {"role": role, "name": more.pop("name", None)}
    message = {
        "id": identity,
        "author": author,
        "content": content,
        "create_time": None if second is None else BEGUN + second,
        "recipient": "all",
        "metadata": {"model_slug": "gpt-4o"} if role == "assistant" else {},
        **more,
    }
    return {"id": identity, "parent": parent, "children": [], "message": message}


def export(*nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """An export with one conversation, below a root without a message."""
    mapping = {"root": {"id": "root", "parent": None, "children": [], "message": None}}
    mapping |= {each["id"]: each for each in nodes}
    for each in nodes:
        mapping[each["parent"]]["children"].append(each["id"])
    return [{"conversation_id": "talk-1", "create_time": BEGUN, "mapping": mapping}]


def test_conversation_becomes_the_events_of_its_calls(tmp_path: Path) -> None:
    """What the model thinks, writes to a tool and answers, and what the tool gives."""
    code = {"content_type": "code", "language": "python", "text": "1 + 1"}
    thoughts = {"content_type": "thoughts", "thoughts": [{"summary": "Sum", "content": "Add."}]}
    output = {"content_type": "execution_output", "text": "2"}
    path = write_json(
        tmp_path / "conversations.json",
        export(
            node("s", "root", "system", "", None),
            node("u1", "s", "user", "1 + 1?", 1),
            node("a1", "u1", "assistant", thoughts, 2),
            node("a2", "a1", "assistant", code, 3, recipient="python"),
            node("t1", "a2", "tool", output, 4, name="python"),
            node("a3", "t1", "assistant", "It is 2.", 5),
        ),
    )

    events = events_of(path)

    assert [told(each, events) for each in events] == [
        ("prompt", "1 + 1?", {}),
        ("completion", "", {"reply_to": 0}),
        ("tool_call", "python", {"reply_to": 1}),
        ("tool_result", "2", {"reply_to": 2, "context_of": 1}),
        ("completion", "It is 2.", {"reply_to": 3}),
    ]
    assert events[0].timestamp == "2026-09-21T14:13:21.500000Z"
    assert events[1].content is not None
    assert events[1].content.to_dict()["reasoning"] == "Add."
    assert (events[4].provenance or {})["response_model"] == "gpt-4o"
    extensions = events[4].extensions or {}
    assert extensions["cost_unknown"] == "an export of ChatGPT has no token counts"


def test_every_branch_of_a_tree_is_kept(tmp_path: Path) -> None:
    """An answer that was made again, and a question that was edited, continue what was before."""
    path = write_json(
        tmp_path / "conversations.json",
        export(
            node("u1", "root", "user", "Hi", 1),
            node("a1", "u1", "assistant", "Hello", 2),
            node("a2", "u1", "assistant", "Hey", 3),
            node("u2", "a2", "user", "A joke", 4),
            node("a3", "u2", "assistant", "Knock", 5),
            node("u3", "a2", "user", "A poem", 6),
            node("a4", "u3", "assistant", "Roses", 7),
        ),
    )

    events = events_of(path)

    assert [told(each, events) for each in events] == [
        ("prompt", "Hi", {}),
        ("prompt", "Hi", {}),
        ("completion", "Hello", {"reply_to": 0}),
        ("completion", "Hey", {"reply_to": 1}),
        ("prompt", "A joke", {"context_of": 3}),
        ("completion", "Knock", {"reply_to": 4}),
        ("prompt", "A poem", {"context_of": 3}),
        ("completion", "Roses", {"reply_to": 6}),
    ]


def test_images_and_instructions_are_parts(tmp_path: Path) -> None:
    """Of an image the export has the name of a file."""
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1"}
    asked = {"content_type": "multimodal_text", "parts": [image, "What is it?"]}
    about = {"content_type": "user_editable_context", "user_profile": "I paint."}
    path = write_json(
        tmp_path / "conversations.json",
        export(
            node("c", "root", "user", about, None),
            node("u1", "c", "user", asked, 1),
            node("a1", "u1", "assistant", "A cat", 2),
        ),
    )

    prompt = events_of(path)[0]

    assert prompt.content is not None
    assert [each["parts"] for each in prompt.content.messages] == [
        [{"type": "text", "content": "I paint."}],
        [
            {"type": "file", "modality": "image", "file_id": "file-service://file-1"},
            {"type": "text", "content": "What is it?"},
        ],
    ]


def test_interrupted_answer_says_so(tmp_path: Path) -> None:
    """The user stopped it."""
    details = {"model_slug": "gpt-4o", "finish_details": {"type": "interrupted"}}
    path = write_json(
        tmp_path / "conversations.json",
        export(
            node("u1", "root", "user", "Hi", 1),
            node("a1", "u1", "assistant", "Hel", 2, metadata=details),
        ),
    )

    answer = events_of(path)[1]

    assert (answer.extensions or {})["outcome"] == "closed"


def test_odd_nodes_are_named(tmp_path: Path) -> None:
    """By the path to them; the others are read."""
    sound = node("u1", "root", "user", "Hi", 1), node("a1", "u1", "assistant", "Hello", 2)
    talks = export(*sound)
    talks[0]["mapping"]["x"] = {"id": "x", "parent": "a1", "message": {"author": "me"}}
    path = write_json(tmp_path / "conversations.json", [*talks, {"mapping": {}}, 5])

    imported = import_file(path)

    assert imported.events == 2
    assert [each.message for each in imported.errors] == [
        "conversation 'talk-1': mapping['x'] is not a message",
        "a conversation without an id or a time",
        "not a conversation of a ChatGPT export",
    ]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ({"content_type": "text", "parts": ["Hi", "", 7, None]}, ["Hi"]),
        ({"content_type": "multimodal_text", "parts": [{"text": "heard"}]}, ["heard"]),
        ({"content_type": "multimodal_text", "parts": [{"x": 1}, {"text": ""}]}, [""]),
        ({"content_type": "execution_output", "text": "2"}, ["2"]),
        ({"content_type": "tether_quote", "text": "", "result": "found"}, ["found"]),
        ({"content_type": "reasoning_recap", "content": "Thought for 3 s"}, []),
        ({"content_type": "thoughts", "thoughts": [{"summary": "Sum"}]}, []),
        ({"content_type": "thoughts"}, []),
        ({}, []),
    ],
)
def test_texts_of_every_kind(content: dict[str, Any], parts: list[str]) -> None:
    """What says nothing is no part."""
    assert _parts_of(content, None) == [{"type": "text", "content": text} for text in parts]


@pytest.mark.parametrize(
    ("kind", "modality"),
    [("audio_asset_pointer", "audio"), ("image_asset_pointer", "image"), (None, "document")],
)
def test_a_file_has_the_kind_that_its_pointer_names(kind: str | None, modality: str) -> None:
    """Without one it is a document."""
    raw = {"content_type": kind, "asset_pointer": "file-1"}

    assert _part_of(raw) == [{"type": "file", "modality": modality, "file_id": "file-1"}]


@pytest.mark.parametrize(
    ("content", "metadata", "texts"),
    [
        ({"user_profile": "I paint.", "user_instructions": "Be brief."}, None,
         ["I paint.", "Be brief."]),
        ({"user_instructions": "Be brief."}, {}, ["Be brief."]),
        ({"user_profile": "wrapped", "user_instructions": "wrapped"},
         {"user_context_message_data": {"about_user_message": "I paint.",
                                        "about_model_message": "Be brief."}},
         ["I paint.", "Be brief."]),
        ({}, {"user_context_message_data": {"about_model_message": "Be brief."}}, ["Be brief."]),
        ({"user_profile": ""}, None, []),
    ],
)  # fmt: skip
def test_instructions_of_the_user(content: dict[str, Any], metadata: Any, texts: list[str]) -> None:
    """As they were written; older exports have them with words of ChatGPT's around them only."""
    content["content_type"] = "user_editable_context"

    assert _parts_of(content, metadata) == [{"type": "text", "content": each} for each in texts]


def test_message_without_metadata_is_read(tmp_path: Path) -> None:
    """It names no model then."""
    path = write_json(
        tmp_path / "conversations.json",
        export(
            node("u1", "root", "user", "Hi", 1, metadata=None),
            node("a1", "u1", "assistant", "Hello", 2, metadata=None),
        ),
    )

    events = events_of(path)

    assert [told(each, events)[:2] for each in events] == [
        ("prompt", "Hi"),
        ("completion", "Hello"),
    ]
    assert "response_model" not in (events[1].provenance or {})


@pytest.mark.parametrize(("recipient", "call_id"), [("python", "a1"), ("all", None)])
def test_result_answers_the_call_before_it(
    tmp_path: Path, recipient: str, call_id: str | None
) -> None:
    """If that is one; a tool may speak unasked. Files that it gives are parts of their own."""
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-1"}
    content = {"content_type": "multimodal_text", "parts": ["It is", image, "2"]}
    before = node("a1", "u1", "assistant", "1 + 1", 2, recipient=recipient)
    turns = _turns(
        {
            each["id"]: each
            for each in (
                node("u1", None, "user", "1 + 1?", 1),
                before,
                node("t1", "a1", "tool", content, 3, name="python"),
            )
        },
        0,
    )

    named = {} if call_id is None else {"id": call_id}
    assert turns[-1].message["parts"] == [
        {"type": "tool_call_response", **named, "name": "python", "response": "It is\n2"},
        {"type": "file", "modality": "image", "file_id": "file-1"},
    ]
