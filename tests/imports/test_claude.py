"""The export of claude.ai."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hilt.imports.claude import _turns_of
from tests.imports.histories import events_of, import_file, text, told, write_json


def message(uuid: str, sender: str, second: int, *content: Any, **more: Any) -> dict[str, Any]:
    """A message of an export."""
    moment = f"2026-10-01T08:00:{second:02}.123456Z"
    return {"uuid": uuid, "sender": sender, "created_at": moment, "content": content, **more}


def conversation(*messages: dict[str, Any]) -> dict[str, Any]:
    """A conversation of an export."""
    return {"uuid": "talk-1", "name": "Weather", "chat_messages": messages}


def test_conversation_becomes_the_events_of_its_calls(tmp_path: Path) -> None:
    """What stands after a tool's result is an answer of its own."""
    use = {"type": "tool_use", "id": "t1", "name": "search", "input": {"q": "rain"}}
    result = {
        "type": "tool_result",
        "tool_use_id": "t1",
        "name": "search",
        "content": [text("Dry")],
    }
    path = write_json(
        tmp_path / "conversations.json",
        [
            conversation(
                message("m1", "human", 1, text("Will it rain?")),
                message("m2", "assistant", 2, text("I look."), use, result, text("No.")),
                message("m3", "human", 3, text("Thanks")),
                message("m4", "assistant", 4, text("Bye")),
            )
        ],
    )

    events = events_of(path)

    assert [told(each, events) for each in events] == [
        ("prompt", "Will it rain?", {}),
        ("completion", "I look.", {"reply_to": 0}),
        ("tool_call", "search", {"reply_to": 1}),
        ("tool_result", "Dry", {"reply_to": 2, "context_of": 1}),
        ("completion", "No.", {"reply_to": 3}),
        ("prompt", "Thanks", {"context_of": 4}),
        ("completion", "Bye", {"reply_to": 5}),
    ]
    assert events[0].timestamp == "2026-10-01T08:00:01.123456Z"
    assert {each.session_id for each in events} == {"talk-1"}


def test_answer_says_why_it_has_no_cost(tmp_path: Path) -> None:
    """The export has no tokens."""
    talk = conversation(
        message("m1", "human", 1, text("Hi")), message("m2", "assistant", 2, text("Hello"))
    )

    answer = events_of(write_json(tmp_path / "conversations.json", [talk]))[1]

    assert answer.metrics is None
    assert (answer.extensions or {})["cost_unknown"] == "an export of Claude has no token counts"


def test_older_export_has_texts_only(tmp_path: Path) -> None:
    """Then the text of a message is its content; thinking and attachments are kept."""
    talk = conversation(
        {
            **message("m1", "human", 1),
            "text": "Read this",
            "attachments": [{"file_name": "a.txt", "extracted_content": "Some text"}],
            "files": [{"file_name": "b.png"}],
        },
        message("m2", "assistant", 2, {"type": "thinking", "thinking": "Hm"}, text("Read.")),
    )

    prompt, answer = events_of(write_json(tmp_path / "conversations.json", [talk]))

    assert prompt.content is not None
    assert prompt.content.messages[0]["parts"] == [
        {"type": "text", "content": "Read this"},
        {"type": "text", "content": "Some text", "file_name": "a.txt"},
        {"type": "file", "modality": "document", "file_id": "b.png"},
    ]
    assert answer.content is not None
    assert answer.content.to_dict()["reasoning"] == "Hm"


def test_odd_messages_are_named(tmp_path: Path) -> None:
    """By the path to them; the others are read."""
    sound = message("m1", "human", 1, text("Hi")), message("m2", "assistant", 2, text("Hello"))
    path = write_json(tmp_path / "conversations.json", [{}, conversation(*sound, {"uuid": "m3"})])

    imported = import_file(path)

    assert imported.events == 2
    assert [each.message for each in imported.errors] == [
        "not a conversation of a Claude export",
        "conversation 'talk-1': chat_messages[2] has no id, sender or time",
    ]


@pytest.mark.parametrize("raw", [None, "Hi", [], {}, {"uuid": "u1", "sender": "human"}])
def test_what_is_no_message_is_none(raw: object) -> None:
    """Without an id, a sender or a time nobody can tell where it belongs."""
    assert _turns_of(raw, None) is None


def test_message_without_a_text_says_nothing(tmp_path: Path) -> None:
    """In an older export, too; it is a message all the same."""
    talk = conversation(message("m1", "human", 1), message("m2", "assistant", 2, text("Hello")))

    prompt, answer = events_of(write_json(tmp_path / "conversations.json", [talk]))

    assert [told(each, [prompt, answer]) for each in (prompt, answer)] == [
        ("prompt", "", {}),
        ("completion", "Hello", {"reply_to": 0}),
    ]
    (turn,) = _turns_of({**message("m1", "human", 1), "text": None}, "m0") or ()
    assert turn.message == {"role": "user", "parts": [{"type": "text", "content": ""}]}
    assert (turn.id, turn.parent) == ("m1", "m0")
