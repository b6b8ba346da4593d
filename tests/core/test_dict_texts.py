"""The table of texts for dicts that nothing has encoded yet: the same as for events."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from typing import Any

import msgspec
import pytest

from hilt.core import dict_texts
from hilt.core.dict_texts import NotPlain, map_actor, map_content, map_fields, plain_metrics
from hilt.core.event import Event
from hilt.core.texts import map_texts
from hilt.recording.event_fields import EndingExtensions, TokenCounts

LONG = 10**8
"""A number from here on may be a card's."""


class Ids:
    """Says of each id that somebody has seen it, but of those that programs make."""

    def __init__(self) -> None:
        self.clean = {"gpt-4o"}
        self.is_plain = re.compile("evt_[0-9]+").fullmatch
        self.is_plain_by_name = {"span_id": re.compile("[0-9a-f]{4}").fullmatch}
        self.names: set[str] = set()
        self.plain_members: set[str] = set()

    def member(self, text: str, _: str) -> str:
        """No name says anything here."""
        return text

    def explains(self, _: str) -> bool:
        """No name says anything here."""
        return False

    def arguments(self, items: list[object]) -> list[object]:
        """Nothing is said by what stands before."""
        return items

    def __call__(self, value: str, name: str) -> str:
        """What is to stand there."""
        return value if value == str(LONG + 7) else f"<{name}: {value}>"

    def whole(self, value: str, name: str) -> str:
        """The same for those that the quick way does not ask for."""
        is_plain = self.is_plain_by_name.get(name, self.is_plain)
        return value if value in self.clean or is_plain(value) else self(value, name)


def hidden(text: str) -> str:
    """A text without names of people, one card and one PIN."""
    return text.replace("Ann", "***").replace(str(LONG), "[CARD]").replace("4711", "[PIN]")


def general(part: str, values: Any) -> Any:
    """What the general way makes of a part of an event."""
    fields = {"session_id": "s", "actor": {"type": "human", "id": "user"}, "action": "prompt"}
    event = Event(**{**fields, part: json.loads(json.dumps(values))})  # type: ignore[arg-type]
    mapped = map_texts(event, lambda text, _: hidden(text), whole=True, ids=Ids().whole)
    return mapped.to_dict().get(part)


EXTENSIONS: list[tuple[dict[Any, Any], dict[str, Any] | None]] = [
    # ids
    ({"reply_to": "evt_1", "model": "gpt-4o"}, {"reply_to": "evt_1", "model": "gpt-4o"}),
    ({"model": "gpt-5"}, {"model": "<model: gpt-5>"}),
    ({"model": "Ann@example.com"}, {"model": "***@example.com"}),
    ({"model": "Ann@2024"}, {"model": "<model: Ann@2024>"}),
    ({"model": "Ann" + "x" * 253}, {"model": f"<model: Ann{'x' * 253}>"}),
    ({"model": "Ann" + "x" * 254}, {"model": "***" + "x" * 254}),
    ({"finish_reasons": ["stop", "Ann@b.example", "Ann@2", 3, 0.5]},
     {"finish_reasons": ["<finish_reasons: stop>", "***@b.example", "<finish_reasons: Ann@2>",
                         3, 0.5]}),
    ({"finish_reasons": ["r" * 256]}, {"finish_reasons": [f"<finish_reasons: {'r' * 256}>"]}),
    # numbers where ids stand
    ({"status_code": LONG - 1}, {"status_code": LONG - 1}),
    ({"status_code": LONG}, {"status_code": f"<status_code: {LONG}>"}),
    ({"status_code": 1 - LONG}, {"status_code": 1 - LONG}),
    ({"status_code": -LONG}, {"status_code": f"<status_code: {-LONG}>"}),
    ({"status_code": LONG + 7}, {"status_code": LONG + 7}),
    ({"vectors": LONG, "chunk_size": LONG}, {"vectors": LONG, "chunk_size": LONG}),
    ({"latency_ms": 0.5, "partial": True, "score": None},
     {"latency_ms": 0.5, "partial": True, "score": None}),
    ({"dimensions": [LONG - 1, 0.5, 1 - LONG]}, {"dimensions": [LONG - 1, 0.5, 1 - LONG]}),
    ({"dimensions": [LONG, 0.5, -LONG]}, {"dimensions": ["[CARD]", 0.5, "-[CARD]"]}),
    ({"dimensions": [LONG, None]}, {"dimensions": ["[CARD]", None]}),
    ({"dimensions": [1, "Ann"]}, {"dimensions": [1, "***"]}),
    ({"dimensions": {"of Ann": 1}}, {"dimensions": {"of ***": 1}}),
    # texts
    ({"mine": "Ann", "number": 7, "flag": False, "none": None, "half": 0.5},
     {"mine": "***", "number": 7, "flag": False, "none": None, "half": 0.5}),
    ({"mine": ["Ann", ["Ann"], {"a": "Ann"}, {}, None, 0.5]},
     {"mine": ["***", ["***"], {"a": "***"}, None, None, 0.5]}),
    ({"mine": {"model": "gpt-5", "a": ["Ann"]}}, {"mine": {"model": "<model: gpt-5>", "a": ["***"]}}),
    ({"parameters": {"model": "Ann"}, "result": [{"model": "Ann"}]},
     {"parameters": {"model": "***"}, "result": [{"model": "***"}]}),
    ({"mine": [{"model": "gpt-5"}]}, {"mine": [{"model": "<model: gpt-5>"}]}),
    ({"mine": {}}, None),
    ({"mine": []}, {"mine": []}),
    # numbers where texts stand
    ({"mine": LONG, "list": [LONG, -LONG, LONG - 1, 1 - LONG, LONG + 7]},
     {"mine": "[CARD]", "list": ["[CARD]", "-[CARD]", LONG - 1, 1 - LONG, LONG + 7]}),
    ({"mine": -LONG, "near": LONG - 1, "below": 1 - LONG, "other": LONG + 7},
     {"mine": "-[CARD]", "near": LONG - 1, "below": 1 - LONG, "other": LONG + 7}),
    ({"mine": 4711, "list": [4711]}, {"mine": 4711, "list": [4711]}),
    # names of members
    ({"Ann": 1, "is Ann": 2}, {"Ann": 1, "is ***": 2}),
    ({"a.is_called_Ann": 1, "a.is_called__Ann": 2}, {"a.is_called_Ann": 1, "a.is_called__***": 2}),
    ({"*** *": 1, "Ann *": 2, "Ann  *": 3}, {"*** *": 1, "*** 2": 2, "***  *": 3}),
    ({"Ann *": 1, "*** *": 2}, {"*** *": 1, "*** 2": 2}),
    ({"*** *": 1, "*** 2": 2, "Ann *": 3}, {"*** *": 1, "*** 2": 2, "*** 3": 3}),
]  # fmt: skip
"""What is given, and what shall be there."""


@pytest.mark.parametrize(("given", "expected"), EXTENSIONS)
def test_fields_are_as_the_table_says(given: dict[Any, Any], expected: Any) -> None:
    """Ids are asked for, texts are changed, and what is neither stays; both ways say so."""
    assert map_fields(given, "extensions", hidden, Ids()) == expected
    assert general("extensions", given) == expected


def nested(depth: int) -> dict[str, Any]:
    """A text below so many dicts."""
    value: Any = "Ann"
    for _ in range(depth):
        value = {"a": value}
    return {"mine": value}


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        OrderedDict(mine="Ann"),
        {"mine": object()},
        {"mine": b"Ann"},
        {"mine": [OrderedDict(a=1)]},
        {"model": b"Ann"},
        {"finish_reasons": ("stop",)},
        {"finish_reasons": "x" * 300},
        {"finish_reasons": ["stop", None]},
        {"finish_reasons": ["r" * 257]},
        {3: "Ann"},
        {"mine": {3: "Ann"}},
        nested(60),
        {"mine": [[[nested(57)]]]},
        {"mine": json.loads("[" * 60 + "]" * 60)},
    ],
)
def test_what_is_no_plain_json_is_left_to_the_general_way(odd: Any) -> None:
    """Nothing is guessed of what JSON would change, or of what is very deep."""
    with pytest.raises(NotPlain):
        map_fields(odd, "extensions", hidden, Ids())


def test_lists_and_dicts_of_usual_depth_are_looked_through() -> None:
    """A tuple is a list of JSON."""
    deep = json.loads("[" * 45 + '"Ann"' + "]" * 45)
    shown = json.loads("[" * 45 + '"***"' + "]" * 45)

    assert map_fields(nested(45), "extensions", hidden, Ids()) == json.loads(
        json.dumps(nested(45)).replace("Ann", "***")
    )
    assert map_fields({"mine": (deep, ("Ann",))}, "extensions", hidden, Ids()) == {
        "mine": [shown, ["***"]]
    }


def test_fields_of_a_structure_are_those_that_have_a_value() -> None:
    """As the encoder writes them."""
    ending = EndingExtensions(reply_to="evt_1", model="gpt-5", latency_ms=0.5)

    assert map_fields(ending, "extensions", hidden, Ids()) == {
        "reply_to": "evt_1",
        "model": "<model: gpt-5>",
        "latency_ms": 0.5,
    }


def test_ids_of_a_kind_are_plain_by_their_name() -> None:
    """What one name allows, another does not."""
    given = {"span_id": "12ab", "trace_id": "12ab"}

    assert map_fields(given, "provenance", hidden, Ids()) == {
        "span_id": "12ab",
        "trace_id": "<trace_id: 12ab>",
    }
    assert general("provenance", given) == {"span_id": "12ab", "trace_id": "<trace_id: 12ab>"}


def test_names_are_remembered_if_they_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short ones, and no more than a program has of its own."""
    ids = Ids()
    monkeypatch.setattr(dict_texts, "_fields_seen", set())
    given = {"name": 1, "a name": 2, "of Ann": 3, "b" * 64: 4, "c" * 65: 5, "f" * 15: 6}

    assert map_fields(given, "extensions", hidden, ids) == {
        **{name: value for name, value in given.items() if name != "of Ann"},
        "of ***": 3,
    }
    assert ids.names == {"a name", "b" * 64}
    assert dict_texts._fields_seen == {"name", "f" * 15}
    assert map_fields({"[EMAIL]": 1}, "extensions", hidden, ids) == {"[EMAIL]": 1}
    assert ids.names == {"a name", "b" * 64}

    monkeypatch.setattr(dict_texts, "_MOST_FIELDS", 2)
    map_fields({"other": 1, "another name": 2}, "extensions", hidden, ids)
    assert ids.names == {"a name", "b" * 64}
    assert dict_texts._fields_seen == {"name", "f" * 15}


CONTENTS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    ({"text": "Ann", "reasoning": "Ann"}, {"text": "***", "reasoning": "***"}),
    ({"text": "", "messages": []}, {"text": "", "messages": []}),
    ({"text": None, "tool": {}}, None),
    ({"text": None, "reasoning": "Ann"}, {"reasoning": "***"}),
    ({"reasoning": "a", "mine": "Ann", "text": "b", "yours": 7},
     {"text": "b", "reasoning": "a", "mine": "***", "yours": 7}),
    ({"metadata": {"role": "Ann"}, "media": [{"role": "user", "name": "Ann"}]},
     {"media": [{"role": "<role: user>", "name": "***"}], "metadata": {"role": "***"}}),
    ({"messages": [{"role": "user", "parts": [{"type": "text", "content": "Ann"}]}]},
     {"messages": [{"role": "<role: user>", "parts": [{"type": "<type: text>",
                                                       "content": "***"}]}]}),
    ({"tools": [{"name": "f", "role": "Ann"}], "parts": [{"name": "Ann", "role": "r"}]},
     {"tools": [{"name": "<name: f>", "role": "***"}],
      "parts": [{"name": "***", "role": "<role: r>"}]}),
    ({"tool": {"name": "f", "arguments": {"name": "Ann"}}, "feedback": {"rating": LONG - 1}},
     {"tool": {"name": "<name: f>", "arguments": {"name": "***"}},
      "feedback": {"rating": LONG - 1}}),
    ({"documents": [{"id": "Ann", "score": 1}], "images": [{"id": "a", "size": LONG}],
      "choices": [{"index": 0}]},
     {"choices": [{"index": 0}], "documents": [{"id": "***", "score": 1}],
      "images": [{"id": "<id: a>", "size": LONG}]}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), CONTENTS)
def test_content_is_as_the_table_says(given: dict[str, Any], expected: Any) -> None:
    """In the order of the format, and both ways say so."""
    mapped = map_content(given, hidden, Ids())

    assert mapped == expected == general("content", given)
    assert list(mapped or ()) == list(expected or ())


@pytest.mark.parametrize(
    "odd",
    [
        None,
        [],
        {"text": 3},
        {"reasoning": ["a"]},
        *({name: {}} for name in ("messages", "choices", "documents", "images", "media")),
        {"messages": ({"role": "user"},)},
        {"tool": "f"},
        {"metadata": []},
        {"text_hash": "0" * 64},
        {"text_encrypted": "hilt1.a"},
    ],
)
def test_content_of_another_form_is_left_to_the_general_way(odd: Any) -> None:
    """So is what stands for a text that is hidden already."""
    with pytest.raises(NotPlain):
        map_content(odd, hidden, Ids())


def test_who_an_actor_is_stays() -> None:
    """Only the name is a text."""
    who = {"type": "human", "id": "Ann"}

    assert map_actor({**who, "name": "Ann"}, hidden) == {**who, "name": "***"}
    assert map_actor({**who, "name": None}, hidden) == map_actor(who, hidden) == who


@pytest.mark.parametrize(
    "odd",
    [
        None,
        OrderedDict(type="human", id="ann"),
        {"type": "human", "id": ""},
        {"type": "human", "id": 7},
        {"type": 7, "id": "ann"},
        {"type": "human", "id": "ann", "name": 7},
        {"type": "human", "id": "ann", "did": "did:a"},
    ],
)
def test_other_actors_are_left_to_the_general_way(odd: Any) -> None:
    """It says what is wrong with them, or knows what they have."""
    with pytest.raises(NotPlain):
        map_actor(odd, hidden)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({}, {}),
        ({"tokens": {"prompt": 0, "total": None}, "cost_usd": 0.5},
         {"tokens": {"prompt": 0}, "cost_usd": 0.5}),
        ({"tokens": TokenCounts(prompt=3), "cost_usd": 1}, {"tokens": {"prompt": 3}, "cost_usd": 1}),
    ],
)  # fmt: skip
def test_metrics_are_numbers(metrics: dict[str, Any], expected: dict[str, Any]) -> None:
    """They stay, and what was not counted is left out."""
    assert plain_metrics(metrics) == expected


class _Counts(msgspec.Struct):
    prompt: object


@pytest.mark.parametrize(
    "odd",
    [
        None,
        {"cost_usd": 0.5, "tokens": {}},
        {"latency_ms": 5},
        {"cost_usd": float("nan")},
        {"cost_usd": float("inf")},
        {"cost_usd": True},
        {"cost_usd": "1"},
        {"cost_usd": None},
        {"tokens": None},
        {"tokens": [1]},
        {"tokens": {"prompt": -1}},
        {"tokens": {"prompt": True}},
        {"tokens": {"prompt": "Ann"}},
        {"tokens": {3: 1}},
        {"tokens": _Counts("Ann")},
    ],
)
def test_other_metrics_are_left_to_the_general_way(odd: Any) -> None:
    """It refuses them, or writes them in another order."""
    with pytest.raises(NotPlain):
        plain_metrics(odd)
