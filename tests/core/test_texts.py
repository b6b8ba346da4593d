"""The table of texts: what an event says, wherever it stands, and what is left without it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from hilt import Event
from hilt.core.texts import map_texts, sized_chunk, structure_of, texts

EVENT = {
    "hilt_version": "1.0.0",
    "event_id": "evt_1",
    "timestamp": "2026-11-28T07:00:00.000000Z",
    "session_id": "order-42",
    "actor": {"type": "human", "id": "ann", "name": "CANARY", "metadata": {"street": "CANARY"}},
    "action": "completion",
    "content": {
        "text": "CANARY",
        "reasoning": "CANARY",
        "partial_text": "CANARY",
        "messages": [
            {
                "role": "user",
                "name": "CANARY",
                "parts": [
                    {"type": "text", "content": "CANARY"},
                    {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"a": ["CANARY"]}},
                    {"type": "tool_call_response", "id": "c1", "response": {"type": "CANARY"}},
                    {"type": "blob", "mime_type": "image/png", "size": 3, "name": "CANARY"},
                    {"type": "uri", "uri": "https://x.example/CANARY"},
                ],
            }
        ],
        "choices": [{"role": "assistant", "parts": [{"type": "text", "content": "CANARY"}]}],
        "parts": [{"type": "unknown", "content": {"anything": "CANARY"}}],
        "tool": {"name": "f", "call_id": "c1", "arguments": "CANARY", "result": {"id": "CANARY"}},
        "tools": [{"type": "function", "name": "f", "description": "CANARY"}],
        "documents": [
            {"id": "CANARY", "text": "CANARY", "score": 0.5, "metadata": {"x": "CANARY"}}
        ],
        "citations": [{"quote": "CANARY"}],
        "images": [{"type": "blob", "sha256": "ab", "name": "CANARY"}],
        "media": [{"type": "blob", "sha256": "ab", "filename": "CANARY"}],
        "metadata": {"note": "CANARY"},
        "feedback": {"rating": 5, "comment": "CANARY", "correction": "CANARY"},
        "of_tomorrow": {"deep": [{"er": "CANARY"}]},
    },
    "metrics": {"tokens": {"prompt": 3}, "cost_usd": 0.01},
    "provenance": {"provider": "openai", "request_model": "m", "note": "CANARY"},
    "extensions": {
        "reply_to": "evt_0",
        "outcome": "completed",
        "parameters": {"temperature": 0.1, "stop_sequences": ["CANARY"], "user": "CANARY"},
        "comment": "CANARY",
        "mine": "CANARY",
    },
    "of_tomorrow": "CANARY",
}


def _canaries(value: object, path: str = "") -> Iterator[str]:
    if isinstance(value, str) and "CANARY" in value:
        yield path
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _canaries(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _canaries(item, f"{path}[{index}]")


def test_every_place_is_a_text_with_its_path() -> None:
    """No words are anywhere but in the texts, and their paths are where they stand."""
    event = Event.from_dict(EVENT)
    paths = sorted(path for path, text in event.texts() if "CANARY" in text)
    assert paths == sorted(_canaries(EVENT))


def test_all_texts_can_be_changed_and_nothing_else_is() -> None:
    """Ids, kinds and numbers stay as they are, and so does the event itself."""
    event = Event.from_dict(EVENT)
    changed = event.map_texts(lambda text, path: text.replace("CANARY", "***"))
    assert json.loads(changed.to_json()) == json.loads(json.dumps(EVENT).replace("CANARY", "***"))
    assert json.loads(event.to_json()) == EVENT


def test_the_structure_has_no_text() -> None:
    """What is left is ids, kinds, models, numbers and times."""
    assert structure_of(Event.from_dict(EVENT)).to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_1",
        "timestamp": "2026-11-28T07:00:00.000000Z",
        "session_id": "order-42",
        "actor": structure_of(Event.from_dict(EVENT)).actor.to_dict(),
        "action": "completion",
        "content": {
            "messages": [
                {
                    "role": "user",
                    "parts": [
                        {"type": "text"},
                        {"type": "tool_call", "id": "c1"},
                        {"type": "tool_call_response", "id": "c1"},
                        {"type": "blob", "mime_type": "image/png", "size": 3},
                        {"type": "uri"},
                    ],
                }
            ],
            "choices": [{"role": "assistant", "parts": [{"type": "text"}]}],
            "parts": [{"type": "unknown"}],
            "tool": {"name": "f", "call_id": "c1"},
            "tools": [{"type": "function", "name": "f"}],
            "documents": [{"score": 0.5}],
            "images": [{"type": "blob", "sha256": "ab"}],
            "media": [{"type": "blob", "sha256": "ab"}],
            "feedback": {"rating": 5},
        },
        "metrics": {"tokens": {"prompt": 3}, "cost_usd": 0.01},
        "provenance": {"provider": "openai", "request_model": "m"},
        "extensions": {
            "reply_to": "evt_0",
            "outcome": "completed",
            "parameters": {"temperature": 0.1},
        },
    }
    assert structure_of(Event.from_dict(EVENT)).actor.to_dict() == {"type": "human", "id": "ann"}


@pytest.mark.parametrize(
    "value",
    [{"deep": "CANARY"}, ["CANARY", {}], ("CANARY", {}), "CANARY " * 100, ["CANARY " * 100]],
)
@pytest.mark.parametrize("name", ["model", "finish_reasons"])
def test_a_text_in_the_place_of_an_id_is_a_text(name: str, value: object) -> None:
    """A name of the table protects an id, not whatever somebody put there."""
    event = Event.from_dict({**EVENT, "extensions": {name: value}, "provenance": {"usage": value}})
    assert "CANARY" not in structure_of(event).to_json()
    changed = map_texts(event, lambda text, path: text.replace("CANARY", "***"), whole=True)
    assert "CANARY" not in changed.to_json()


ADDRESS = "ann@example.com"
LONG = 10**8
"""A number from here on may be a card's."""


def changed(part: str, values: object, **options: Any) -> Any:
    """A part of an event whose texts are marked."""
    mapped = map_texts(prompt(**{part: values}), lambda text, _: f"<{text}>", **options)
    return mapped.to_dict().get(part)


def prompt(**fields: Any) -> Event:
    """An event with some parts."""
    actor = {"type": "human", "id": "ann"}
    return Event(**{"session_id": "s", "actor": actor, "action": "prompt", **fields})


def left(part: str, values: object, **options: Any) -> Any:
    """What the structure of an event has of a part."""
    return structure_of(prompt(**{part: values}), **options).to_dict().get(part)


IDS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"model": "gpt-4o@2024", "status_code": 429}, {"model": "gpt-4o@2024", "status_code": 429}),
    ({"model": ADDRESS}, None),
    ({"model": ADDRESS, "outcome": "failed"}, {"outcome": "failed"}),
    ({"model": "m" * 256}, {"model": "m" * 256}),
    ({"model": "m" * 257}, None),
    ({"finish_reasons": ["stop", 1, ADDRESS, "length"]}, {"finish_reasons": ["stop", 1, "length"]}),
    ({"dimensions": [1, 0.5], "partial": True, "score": None, "latency_ms": 0.5},
     {"dimensions": [1, 0.5], "partial": True, "latency_ms": 0.5}),
    ({"mine": [1, "a", 0.5, None, {"model": "gpt"}, {"b": "c"}]}, {"mine": [1, 0.5, {"model": "gpt"}]}),
    ({"mine": ["a"], "yours": [], "none": None}, None),
    ({"arguments": {"a": 1}, "result": 2, "response": [3], "content": 4}, {"content": 4}),
    ({"parameters": {"model": "gpt", "n": 1}}, {"parameters": {"n": 1}}),
    ({"mine": LONG - 1, "yours": LONG, "below": -LONG, "flag": True}, {"mine": LONG - 1, "flag": True}),
    ({"a member of mine": 1, "its": 1, "a" * 16: 1, "a" * 15: 1}, {"its": 1, "a" * 15: 1}),
    ({"model": [LONG, 1], "finish_reasons": [-LONG], "role": [LONG - 1, 0.5]},
     {"model": [1], "role": [LONG - 1, 0.5]}),
    ({"status_code": LONG, "vectors": LONG}, {"status_code": LONG, "vectors": LONG}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), IDS)
def test_structure_has_ids_and_numbers(given: dict[str, Any], expected: object) -> None:
    """What has no value is absent, and so is what may be a card or an address."""
    assert left("extensions", given) == expected


def test_ids_are_as_a_policy_says() -> None:
    """It is asked for each with the name of its field, and sees long numbers too."""
    given = {"model": "gpt", "status_code": LONG, "vectors": LONG, "finish_reasons": ["stop", 1],
             "outcome": ADDRESS, "attempts": -LONG,
             "latency_ms": 1e9, "chunk_index": LONG - 1}  # fmt: skip
    expected = {"model": "model=gpt", "status_code": f"status_code={LONG}", "vectors": LONG,
                "finish_reasons": ["finish_reasons=stop", 1], "attempts": f"attempts={-LONG}", "latency_ms": 1e9,
                "chunk_index": LONG - 1}  # fmt: skip

    def ids(value: str, name: str) -> str:
        return f"{name}={value}"

    assert left("extensions", given, ids=ids) == expected
    assert changed("extensions", given, ids=ids, whole=True) == {
        **expected,
        "outcome": f"<{ADDRESS}>",
    }
    assert left("extensions", {"status_code": LONG}, ids=lambda value, _: value) == {
        "status_code": LONG
    }


def test_texts_alone_are_changed_unless_the_whole_event_is_asked_for() -> None:
    """Names of members, long numbers and addresses in the place of ids are no texts by themselves."""
    given = {
        "mine": LONG,
        "less": LONG - 1,
        "below": -LONG,
        "a member": None,
        "model": ADDRESS,
        "finish_reasons": [ADDRESS, "stop"],
        "yours": ["a", None, {}, True],
    }

    assert changed("extensions", given) == {**given, "yours": ["<a>", None, None, True]}
    assert changed("extensions", given, whole=True) == {
        "mine": f"<{LONG}>",
        "less": LONG - 1,
        "below": f"<{-LONG}>",
        "<a member>": None,
        "model": f"<{ADDRESS}>",
        "finish_reasons": [f"<{ADDRESS}>", "stop"],
        "yours": ["<a>", None, None, True],
    }


def test_whole_event_has_more_texts() -> None:
    """Whoever looks for a number or an address finds it wherever it stands."""
    event = prompt(extensions={"mine": LONG, "model": ADDRESS, "note": "Hi"})

    assert list(texts(event)) == [("extensions.note", "Hi")]
    assert list(texts(event, whole=True)) == [
        ("extensions.mine", str(LONG)),
        ("extensions", ADDRESS),
        ("extensions.note", "Hi"),
    ]


def test_long_number_that_nobody_changes_stays_a_number() -> None:
    """A function that finds nothing in its digits gives them back."""
    mapped = map_texts(prompt(extensions={"mine": LONG}), lambda text, _: text, whole=True)

    assert mapped.extensions == {"mine": LONG}


def test_actor_keeps_who_it_is() -> None:
    """Its id is for whoever has a policy for people's ids, even if it is an address."""
    actor = {"type": "human", "id": ADDRESS, "did": f"did:{ADDRESS}"}
    for more in ({"name": "Ann"}, {"metadata": {"name": "Ann"}}, {"mine": "Ann"}):
        named = prompt(actor={**actor, **more})
        marked = json.loads(json.dumps({**actor, **more}).replace('"Ann"', '"<Ann>"'))

        assert structure_of(named, lambda *_: "id").actor.to_dict() == actor
        mapped = map_texts(named, lambda text, _: f"<{text}>", whole=True, ids=lambda *_: "id")
        assert mapped.actor.to_dict() == marked


HASH = f"sha256:{'0' * 64}"


@pytest.mark.parametrize(
    ("given", "structure", "whole"),
    [
        ({"text_hash": HASH}, None, {"text_hash": HASH}),
        ({"text_hash": "of Ann"}, None, {"text_hash": "id"}),
        ({"text_encrypted": "hilt1.abc"}, {"text_encrypted": "hilt1.abc"},
         {"text_encrypted": "hilt1.abc"}),
        ({"text_encrypted": "of Ann"}, None, {"text_encrypted": "id"}),
        ({"text_encrypted": "abc"}, {"text_encrypted": "abc"}, {"text_encrypted": "abc"}),
    ],
)  # fmt: skip
def test_what_hides_a_text_is_none(given: dict[str, str], structure: object, whole: object) -> None:
    """A hash goes with its text, whose guess it would confirm; what is neither is as ids say."""

    def ids(value: str, _: str) -> str:
        return value if value == "abc" else "id"

    assert left("content", given, ids=ids) == structure
    assert changed("content", given, ids=ids, whole=True) == whole
    assert changed("content", given, whole=True) == given


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"text": "a"}, None),
        ({"text": "a", "mine": {"n": 1}}, {"mine": {"n": 1}}),
        ({"text": "a", "mine": "b"}, None),
        ({"media": [{"size": 3, "name": "a"}], "mine": "b"}, {"media": [{"size": 3}]}),
        ({"tool": {"name": "f", "arguments": 1}}, {"tool": {"name": "f"}}),
        ({"tool": {"name": "f"}, "metadata": {"a": "b"}}, {"tool": {"name": "f"}}),
    ],
)
def test_content_without_texts_is_absent(content: dict[str, Any], expected: object) -> None:
    """Unless something else is left of it."""
    event = prompt(content=content)

    assert structure_of(event).to_dict().get("content") == expected
    assert event.to_dict()["content"] == content


def test_parts_without_texts_are_absent() -> None:
    """And what they are is kept, by parts that this version knows and by those that it does not."""
    event = Event.from_dict({
        **EVENT, "privacy": {"note": "a", "policy": "p", "redaction_applied": True}, "integrity": {"by": "a", "n": 1},
        "provenance": {"note": "a"}, "extensions": {}, "of_tomorrow": {"n": 1, "by": "a"},
        "metrics": {"latency_ms": 5}, "hilt_version": "1.7.0",
    })  # fmt: skip
    result = structure_of(event).to_dict()
    names = ("privacy", "integrity", "provenance", "extensions", "of_tomorrow", "metrics")

    assert [result.get(name) for name in names] == [
        {"policy": "p", "redaction_applied": True}, {"n": 1}, None, None, {"n": 1}, {"latency_ms": 5},
    ]  # fmt: skip
    assert result["hilt_version"] == "1.7.0"
    assert structure_of(Event.from_dict({**EVENT, "of_tomorrow": "a"})).extra is None


def test_other_values_are_the_text_that_they_are_written_as() -> None:
    """A program may put anything into an event that it makes."""
    event = prompt(extensions={"mine": [date(2026, 1, 2)]})

    assert list(texts(event)) == [("extensions.mine[0]", "2026-01-02")]
    assert map_texts(event, lambda text, _: f"<{text}>").extensions == {"mine": ["<2026-01-02>"]}


def test_chunk_has_the_length_of_its_text() -> None:
    """What is cut over chunks is in none of them, and in all of them together."""
    chunk = prompt(
        action="completion_chunk",
        content={"text": "Hel", "metadata": {"n": 1}},
        extensions={"chunk_index": 3, "mine": "a", "model": "gpt"},
    )
    sized = sized_chunk(chunk, lambda value, _: f"<{value}>")
    bare = sized_chunk(prompt(action="completion_chunk", content={"text": ""}))

    assert sized is not None
    assert sized.to_dict()["extensions"] == {"chunk_index": 3, "model": "<gpt>", "chunk_size": 3}
    assert sized.to_dict()["content"] == {"metadata": {"n": 1}}
    assert bare is not None
    assert bare.extensions == {"chunk_size": 0}
    assert sized_chunk(prompt(content={"text": "Hel"})) is None
    for content in (None, {"media": [{"size": 3}]}):
        silent = sized_chunk(prompt(action="completion_chunk", content=content))
        assert silent is not None
        assert silent.extensions is None


def test_a_function_must_return_text() -> None:
    """Anything else is an error that names the place."""
    with pytest.raises(TypeError, match=r"actor\.name: the function returned None"):
        Event.from_dict(EVENT).map_texts(lambda text, path: None)  # type: ignore[arg-type]


def test_very_deep_values_do_not_end_the_program() -> None:
    """What is too deep to be looked through is not kept."""
    value: object = "CANARY"
    for _ in range(5000):
        value = [value]
    event = Event(session_id="s", actor={"type": "human", "id": "a"}, action="prompt")
    event.content = None
    event.extensions = {"deep": value}
    assert structure_of(event).extensions is None
