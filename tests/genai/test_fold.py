"""Tests for folding the chunks of a stream into an answer."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from hilt.genai.fold import Fold, merge_counts, merge_response, merge_usage
from hilt.genai.values import BinaryPiece, Delta, Response, ToolCallDelta, Usage
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
