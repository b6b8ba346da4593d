"""Tests for folding the chunks of a stream into an answer."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from hilt.genai.fold import Fold, merge_counts, merge_response, merge_usage
from hilt.genai.values import BinaryPiece, Delta, Part, Response, ToolCallDelta, Usage
from tests.providers.wire import PIXELS_DIGEST


def fold(*deltas: Delta) -> Response:
    """The answer that deltas add up to."""
    folding = Fold()
    for delta in deltas:
        folding.add(delta)
    return folding.result()


def test_text_of_choices() -> None:
    """Each choice has its own text and reason, in order."""
    response = fold(
        Delta(text="A", texts=[(1, "x")]),
        Delta(text="y", choice=1),
        Delta(text="B", finish_reasons={1: "length", 0: "stop"}),
    )

    assert response.messages == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "AB"}],
            "finish_reason": "stop",
        },
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "xy"}],
            "finish_reason": "length",
        },
    ]
    assert response.finish_reasons == ["stop", "length"]


def test_tool_calls_are_put_together() -> None:
    """By choice and index, whatever order the pieces arrive in."""
    response = fold(
        Delta(tool_calls=[ToolCallDelta(0, id="a", name="f", arguments='{"n"')]),
        Delta(tool_calls=[ToolCallDelta(1, id="b", name="g", arguments={"whole": True})]),
        Delta(tool_calls=[ToolCallDelta(0, arguments=": 1}")]),
    )

    assert response.messages[0]["parts"] == [
        {"type": "tool_call", "id": "a", "name": "f", "arguments": {"n": 1}},
        {"type": "tool_call", "id": "b", "name": "g", "arguments": {"whole": True}},
    ]


def test_end_of_a_part_leaves_other_choices_open() -> None:
    """Only what is whole of the first choice is closed: others go on where they were."""
    response = fold(
        Delta(text="A", tool_calls=[ToolCallDelta(0, id="a", name="f", arguments="{}")]),
        Delta(tool_calls=[ToolCallDelta(0, id="b", name="g", arguments='{"n"', choice=1)]),
        Delta(ends_part=True),
        Delta(text="B"),
        Delta(tool_calls=[ToolCallDelta(0, arguments=": 1}", choice=1)]),
    )

    assert [message["parts"] for message in response.messages] == [
        [
            {"type": "text", "content": "A"},
            {"type": "tool_call", "id": "a", "name": "f", "arguments": {}},
            {"type": "text", "content": "B"},
        ],
        [{"type": "tool_call", "id": "b", "name": "g", "arguments": {"n": 1}}],
    ]


def test_whole_answer_replaces_what_was_added() -> None:
    """A last event that carries the answer is believed."""
    whole = Response(messages=[{"role": "assistant", "parts": []}], finish_reasons=["completed"])
    response = fold(Delta(text="half"), Delta(response=whole, whole=True))

    assert response.messages == whole.messages


def test_nothing_is_an_empty_answer() -> None:
    """A stream that says nothing has no message."""
    assert fold().messages == []


def test_newer_facts_replace_older_ones() -> None:
    """What is None or empty replaces nothing; a state decides whether it is pending."""
    known = Response(id="1", model="m", status="queued", pending=True, raw_usage={"a": 1})
    merge_response(known, Response(model="n", status="completed", raw_usage={"b": 2}))

    assert (known.id, known.model, known.status, known.pending) == ("1", "n", "completed", False)
    assert known.raw_usage == {"a": 1, "b": 2}


def test_chunk_that_names_no_state_leaves_the_answer_pending() -> None:
    """Only a state says that an answer is there."""
    known = Response(status="queued", pending=True)
    merge_response(known, Response(id="1"))

    assert known.pending


def test_zero_takes_no_count_of_the_provider_back() -> None:
    """A later event that has no count yet may say 0, however deep it stands."""
    older = {"in": 5, "details": {"cached": 3, "audio": None}, "out": 0}
    newer = {"in": 0, "details": {"cached": 0, "audio": 0}, "out": 7, "searches": 0}

    assert merge_counts(older, newer) == {
        "in": 5,
        "details": {"cached": 3, "audio": 0},
        "out": 7,
        "searches": 0,
    }


def test_counts_are_merged_one_by_one() -> None:
    """Anthropic counts the input first and the output last."""
    first = Usage(input_tokens=5, output_tokens=1, units={"web_searches": 1})
    merged = merge_usage(first, Usage(output_tokens=9))

    assert (merged.input_tokens, merged.output_tokens) == (5, 9)
    assert merged.units == {"web_searches": 1}
    assert merge_usage(None, first) is first


_COUNTS = [
    each.name for each in msgspec.structs.fields(Usage) if each.name not in ("units", "by_model")
]


@pytest.mark.parametrize("name", _COUNTS)
@pytest.mark.parametrize(
    ("older", "newer", "merged"),
    [
        (5, 0, 5),
        (None, 0, 0),
        (0, 0, 0),
        (0, 3, 3),
        (5, 3, 3),
        (5, 7, 7),
        (5, None, 5),
        (None, None, None),
    ],
)
def test_zero_of_any_count_takes_none_back(
    name: str, older: int | None, newer: int | None, merged: int | None
) -> None:
    """Else the last event of a stream, which may count what is its own only, makes it free."""
    result = merge_usage(Usage(**{name: older}), Usage(**{name: newer}))

    assert result == Usage(**{name: merged})


def test_a_refusal_is_streamed_like_a_text() -> None:
    """However many pieces, it is one part; asking early changes nothing."""
    folding = Fold()
    for piece in ("I ", "can", "not"):
        folding.add(Delta(parts=[{"type": "refusal", "content": piece}]))
        folding.result()

    assert folding.result().messages[0]["parts"] == [{"type": "refusal", "content": "I cannot"}]


def test_details_of_a_text_are_added_up() -> None:
    """Without changing the lists that an SDK gave out."""
    first = [1]
    response = fold(
        Delta(text="a", details={"logprobs": first, "kind": "x"}),
        Delta(text="b", details={"logprobs": [2], "kind": "y"}),
    )

    assert response.messages[0]["parts"] == [
        {"type": "text", "content": "ab", "logprobs": [1, 2], "kind": "y"}
    ]
    assert first == [1]


@pytest.mark.parametrize(
    "pieces",
    [
        # whole, with ids
        [("a", "weather", '{"x":1}'), ("b", "time", '{"y":2}')],
        # the same tool twice
        [("a", "weather", '{"x":1}'), ("b", "weather", '{"y":2}')],
        # without ids
        [(None, "weather", '{"x":1}'), (None, "weather", '{"y":2}')],
        # in pieces
        [("a", "weather", ""), (None, None, '{"x":'), (None, None, "1}"), ("b", "time", ""),
         (None, None, '{"y":2}')],
    ],
)  # fmt: skip
def test_calls_that_share_an_index_are_apart(pieces: list[tuple[Any, Any, str]]) -> None:
    """Some hosts number all of them 0."""
    fold = Fold()
    for call_id, name, arguments in pieces:
        fold.add(Delta(tool_calls=[ToolCallDelta(0, call_id, name, arguments)]))

    parts = fold.result().messages[0]["parts"]

    assert [part["arguments"] for part in parts] == [{"x": 1}, {"y": 2}]


@pytest.mark.parametrize(
    "pieces",
    [
        [("a", "weather", '{"x":'), ("b", None, "1}")],  # vLLM gave each piece an id
        [("a", "weather", '{"x":'), ("a", "weather", "1}")],  # all repeated
        [(None, "weather", '{"x":'), (None, "weather", "1}")],  # the name repeated
    ],
)
def test_pieces_of_one_call_stay_together(pieces: list[tuple[Any, Any, str]]) -> None:
    """Whatever a host repeats with each."""
    fold = Fold()
    for call_id, name, arguments in pieces:
        fold.add(Delta(tool_calls=[ToolCallDelta(0, call_id, name, arguments)]))

    (part,) = fold.result().messages[0]["parts"]

    assert (part["name"], part["arguments"]) == ("weather", {"x": 1})


def test_pieces_of_sound_are_one_blob() -> None:
    """As in the whole answer: none of the pieces is kept."""
    fold = Fold()
    for piece in (b"pix", b"els"):
        fold.add(
            Delta(binary=[BinaryPiece("sound", base64.b64encode(piece).decode(), "audio/wav")])
        )

    part = {"type": "blob", "mime_type": "audio/wav", "modality": "audio", **PIXELS_DIGEST}
    assert fold.result().messages[0]["parts"] == [part]


def test_piece_of_a_tool_call_without_an_index_is_of_the_newest() -> None:
    """Some hosts send the index, the id and the name with the first piece only, or no index."""
    fold = Fold()
    pieces: list[tuple[str | None, str | None, str]] = [
        ("a", "f", '{"x"'), (None, None, ": 1}"), ("b", "g", "{}"), (None, "h", "{}")
    ]  # fmt: skip
    for call_id, name, arguments in pieces:
        fold.add(Delta(tool_calls=[ToolCallDelta(call_id, call_id, name, arguments)]))

    calls = [(part["name"], part["arguments"]) for part in fold.result().messages[0]["parts"]]
    assert calls == [("f", {"x": 1}), ("g", {}), ("h", {})]


def test_parts_of_every_kind_in_their_order() -> None:
    """Reasoning, the text with what is said of it, whole parts, sounds, and tool calls."""
    response = fold(
        Delta(reasoning="Hm", tool_calls=[ToolCallDelta(0, "a", "f", "{}")]),
        Delta(reasoning="m.", text="Ho"),
        Delta(parts=[{"type": "image", "n": 1}], keyed_parts={"k": {"type": "search", "q": "x"}}),
        Delta(binary=[BinaryPiece("s", b"pixels", "audio/wav")]),
        Delta(keyed_parts={"k": {"type": "search", "found": 2}, "l": {"n": 3}}),
        Delta(details={"citations": [1]}),
    )

    assert response.messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hmm."},
                {"type": "text", "content": "Ho", "citations": [1]},
                {"type": "image", "n": 1},
                {"type": "search", "q": "x", "found": 2},
                {"type": "blob", "mime_type": "audio/wav", "modality": "audio", **PIXELS_DIGEST},
                {"type": "part", "n": 3},
                {"type": "tool_call", "id": "a", "name": "f", "arguments": {}},
            ],
        }
    ]


def test_further_choice_has_all_that_the_first_has() -> None:
    """Reasoning, parts, pieces of a sound, citations, and the order in which they came."""
    pieces = [
        Delta(text="a", reasoning="Hm", parts=[{"type": "refusal", "content": "No"}]),
        Delta(parts=[{"type": "refusal", "content": "pe"}], details={"citations": [1]}),
        Delta(binary=[BinaryPiece("sound", b"ab", "audio/wav")], ends_part=True),
        Delta(text="b", keyed_parts={"k": {"type": "image"}}),
        Delta(binary=[BinaryPiece("sound", b"c", "audio/wav")]),
    ]

    alone = fold(*pieces)
    second = fold(Delta(text="A"), *(Delta(others=[(1, each)]) for each in pieces))

    assert len(alone.messages[0]["parts"]) == 6
    assert second.messages[0]["parts"] == [{"type": "text", "content": "A"}]
    assert second.messages[1:] == alone.messages


@pytest.mark.parametrize(
    ("deltas", "messages"),
    [
        ([Delta(reasoning="Hm")], [[{"type": "reasoning", "content": "Hm"}]]),
        ([Delta(parts=[{"type": "image"}])], [[{"type": "image"}]]),
        ([Delta(text="a", ends_part=True)], [[{"type": "text", "content": "a"}]]),
        ([Delta(finish_reasons={0: "stop"})], [[]]),
        ([Delta(text="b", choice=1)], [[{"type": "text", "content": "b"}]]),
        (
            [Delta(tool_calls=[ToolCallDelta(0, name="f", choice=2)]), Delta(text="a")],
            [
                [{"type": "text", "content": "a"}],
                [{"type": "tool_call", "name": "f", "arguments": {}}],
            ],
        ),
        ([Delta(details={"citations": [1]})], []),
        ([Delta(role="assistant")], []),
    ],
)
def test_choices_that_a_stream_has(deltas: list[Delta], messages: list[list[Part]]) -> None:
    """Each that anything came of, and no other."""
    assert [message["parts"] for message in fold(*deltas).messages] == messages


def test_parts_that_follow_each_other() -> None:
    """What comes after the end of a part is another one, whatever it is."""
    response = fold(
        Delta(text="a", reasoning="Hm", parts=[{"type": "refusal", "content": "No"}]),
        Delta(details={"citations": [1]}, ends_part=True),
        Delta(text="b", parts=[{"type": "refusal", "content": "pe"}]),
        Delta(parts=[{"type": "image"}]),
        Delta(parts=[{"type": "refusal", "content": "."}]),
    )

    assert response.messages[0]["parts"] == [
        {"type": "reasoning", "content": "Hm"},
        {"type": "text", "content": "a", "citations": [1]},
        {"type": "refusal", "content": "No"},
        {"type": "text", "content": "b"},
        {"type": "refusal", "content": "pe"},
        {"type": "image"},
        {"type": "refusal", "content": "."},
    ]


def test_citations_that_come_after_the_text_has_ended() -> None:
    """They are those of the first text; without one they are nobody's."""
    late = Delta(details={"citations": [1]})

    response = fold(Delta(text="a", reasoning="Hm"), Delta(ends_part=True), late)
    alone = fold(Delta(reasoning="Hm"), late)
    of_another = fold(Delta(text="a", ends_part=True), Delta(text="b", choice=1), late)

    assert response.messages[0]["parts"][1] == {"type": "text", "content": "a", "citations": [1]}
    assert alone.messages[0]["parts"] == [{"type": "reasoning", "content": "Hm"}]
    assert [each["parts"] for each in of_another.messages] == [
        [{"type": "text", "content": "a", "citations": [1]}],
        [{"type": "text", "content": "b"}],
    ]


def test_host_that_repeats_its_citations_with_each_chunk() -> None:
    """Each is kept once; a new list follows the earlier one; one value replaces another."""
    response = fold(
        Delta(text="a", details={"citations": [1], "x": [1], "y": 1, "z": [1]}),
        Delta(details={"citations": [1, 2], "x": [2, 1], "y": [2], "z": "three"}),
    )

    assert response.messages[0]["parts"] == [
        {
            "type": "text",
            "content": "a",
            "citations": [1, 2],
            "x": [1, 2, 1],
            "y": [2],
            "z": "three",
        }
    ]


@pytest.mark.parametrize(
    ("pieces", "calls"),
    [
        # each has an index and an id of its own
        ([(0, "a", "f", "{}"), (1, "b", "f", "{}")], ["a f {}", "b f {}"]),
        # the second name comes before any argument of the first
        ([(0, "a", "f", None), (0, "b", "g", "{}")], ["a f {}", "b g {}"]),
        ([(0, None, "f", None), (0, None, "g", "{}")], ["None g {}"]),
        ([(0, "a", "f", None), (0, None, "f", "{}")], ["a f {}"]),
        # whole objects
        ([(0, "a", "f", {"x": 1}), (0, "b", "f", {"y": 1})],
         ["a f {'x': 1}", "b f {'y': 1}"]),
        ([(0, "a", "f", {"x": 1}), (0, "a", "f", {"y": 1})], ["a f {'y': 1}"]),
        ([(0, None, "f", {"x": 1}), (0, None, "g", {"y": 1})],
         ["None f {'x': 1}", "None g {'y': 1}"]),
        # the name alone says that it is another
        ([(0, None, "f", '{"x"'), (0, None, "g", "{}")], ['None f {"x"', "None g {}"]),
        ([(0, "a", "f", '{"x"'), (0, None, "g", "{}")], ['a f {"x"', "None g {}"]),
        ([(0, "a", "f", "{}"), (0, None, "f", "{}")], ["a f {}", "None f {}"]),
        # three with one index, and a piece of the last of them
        ([(0, "a", "f", "{}"), (0, "b", "f", "{}"), (0, "c", "f", '{"x":'), (0, None, None, "1}")],
         ["a f {}", "b f {}", "c f {'x': 1}"]),
        # no index at all
        ([(None, "a", "f", '{"x":'), (None, None, None, "1}"), (None, "b", "g", "{}")],
         ["a f {'x': 1}", "b g {}"]),
        # an id that comes later
        ([(0, None, "f", '{"x":'), (0, "a", None, "1}")], ["a f {'x': 1}"]),
        ([(0, None, "f", '{"x":'), (0, "a", "f", "1}")], ["a f {'x': 1}"]),
        ([(0, None, "f", None), (0, "a", "f", "{}")], ["a f {}"]),
    ],
)  # fmt: skip
def test_pieces_that_are_one_call_or_another(
    pieces: list[tuple[Any, Any, Any, Any]], calls: list[str]
) -> None:
    """By id, else by name, and by whether the arguments are whole."""
    response = fold(*(Delta(tool_calls=[ToolCallDelta(*piece)]) for piece in pieces))

    (message,) = response.messages
    assert [
        f"{part.get('id')} {part['name']} {part['arguments']}" for part in message["parts"]
    ] == calls


def test_tool_that_the_provider_runs() -> None:
    """Its kind stands beside the arguments, with whichever piece it came."""
    response = fold(
        Delta(tool_calls=[ToolCallDelta(0, "a", "search", server="web")]),
        Delta(tool_calls=[ToolCallDelta(0, arguments='{"q": 1}')]),
        Delta(tool_calls=[ToolCallDelta(None, arguments=None)]),
    )

    assert response.messages[0]["parts"] == [
        {
            "type": "server_tool_call",
            "id": "a",
            "name": "search",
            "server_tool_call": {"type": "web", "arguments": {"q": 1}},
        }
    ]


def test_piece_without_an_index_is_of_its_own_choice() -> None:
    """The newest call of another choice is not meant."""
    response = fold(
        Delta(tool_calls=[ToolCallDelta("x", "a", "f", '{"x"')]),
        Delta(tool_calls=[ToolCallDelta("y", "b", "g", "{}", choice=1)]),
        Delta(tool_calls=[ToolCallDelta(None, arguments=":1}")]),
    )

    assert [message["parts"][0]["arguments"] for message in response.messages] == [{"x": 1}, {}]


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("was", [True, False])
def test_answer_that_is_partial(ends: bool, was: bool) -> None:
    """Whether the stream was left, or the answer says so itself."""
    folding = Fold()
    folding.add(Delta(text="a", response=Response(partial=was)))

    assert folding.result(partial=ends).partial is (ends or was)


def test_facts_of_each_chunk() -> None:
    """Those that change are merged, and the same ones again change nothing."""
    first = Response("r1", "m", usage=Usage(5, 1), raw_usage={"in": 5}, attributes={"a": 1})
    same = Response("r1", "m", usage=Usage(5, 1), raw_usage={"in": 5}, attributes={"a": 1})
    last = Response(None, "n", usage=Usage(output_tokens=7), raw_usage={"out": 7},
                    attributes={"b": 2}, finish_reasons=["stop"])  # fmt: skip

    response = fold(*(Delta(response=each) for each in (first, same, last)))

    assert response == Response(
        "r1", "n", usage=Usage(5, 7), raw_usage={"in": 5, "out": 7}, attributes={"a": 1, "b": 2},
        finish_reasons=["stop"],
    )  # fmt: skip


def test_usage_that_is_no_object() -> None:
    """What a host sends for its counts is kept as it came, and nothing replaces it but more."""
    for older, newer, expected in [
        ({"a": 1}, [2], [2]), ([1], {"b": 2}, {"b": 2}), ([1], None, [1]), (None, 5, 5),
    ]:  # fmt: skip
        known = Response(raw_usage=older)
        merge_response(known, Response(raw_usage=newer))
        assert known.raw_usage == expected


def test_counts_of_which_one_has_details() -> None:
    """An object takes the place of a number, and a number that of an object."""
    assert merge_counts({"a": 1, "b": {"c": 1}, "d": None}, {"a": {"c": 2}, "b": 3, "d": 0}) == {
        "a": {"c": 2}, "b": 3, "d": 0,
    }  # fmt: skip


def test_zero_takes_no_count_back() -> None:
    """Only where nothing was counted yet it is a count."""
    merged = merge_usage(Usage(5, None, by_model={"m": Usage(1)}), Usage(0, 0, units={"x": 2.0}))

    assert merged == Usage(5, 0, units={"x": 2.0}, by_model={"m": Usage(1)})


def test_pieces_without_an_index_go_on_with_the_newest_call_of_their_choice() -> None:
    """Neither those of an older call, nor of another choice, get arguments that are not theirs."""
    pieces = [
        ToolCallDelta(0, "a", "f", '{"x"'),
        ToolCallDelta(None, None, None, ": 1}"),
        ToolCallDelta(1, "b", "g", '{"y"'),
        ToolCallDelta(0, "c", "h", '{"z"', choice=1),
        ToolCallDelta(None, None, None, ": 2}"),
        ToolCallDelta(None, None, None, ": 3}", choice=1),
        ToolCallDelta(None, "d", "i", "{}", choice=2),
    ]

    response = fold(*(Delta(tool_calls=[each]) for each in pieces))

    assert [
        [(part["id"], part["name"], part["arguments"]) for part in each["parts"]]
        for each in response.messages
    ] == [[("a", "f", {"x": 1}), ("b", "g", {"y": 2})], [("c", "h", {"z": 3})], [("d", "i", {})]]


@pytest.mark.parametrize(
    ("deltas", "is_anything"),
    [
        ([], False),
        ([Delta()], False),
        ([Delta(response=Response(model="m"))], False),
        ([Delta(response=Response(id="r1"))], True),
        ([Delta(text="a")], True),
        ([Delta(text="a", choice=1)], True),
        ([Delta(reasoning="a")], True),
        ([Delta(tool_calls=[ToolCallDelta(0, "a", "f", "")])], True),
        ([Delta(parts=[{"type": "refusal", "content": "No."}])], True),
        ([Delta(keyed_parts={"a": {"type": "blob"}})], True),
        ([Delta(binary=[BinaryPiece("sound", "AAAA", "audio/wav")])], True),
        ([Delta(text="a", ends_part=True)], True),
        ([Delta(tool_calls=[ToolCallDelta(0, "a", "f", "{}")]), Delta(ends_part=True)], True),
        ([Delta(ends_part=True)], False),
    ],
)
def test_whether_anything_came(deltas: list[Delta], is_anything: bool) -> None:
    """What a stream gave before it broke off is kept, whatever it was."""
    folding = Fold()
    for delta in deltas:
        folding.add(delta)

    assert folding.has_anything is is_anything
