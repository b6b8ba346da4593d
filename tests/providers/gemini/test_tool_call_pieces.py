"""Tool calls whose arguments Vertex AI streams piece by piece."""

from __future__ import annotations

from typing import Any

from hilt.providers.gemini.tool_call_pieces import StreamedContent
from tests.providers.wire import folded


def chunk(**call: Any) -> dict[str, Any]:
    """A chunk with a piece of a tool call."""
    return {"candidates": [{"content": {"role": "model", "parts": [{"functionCall": call}]}}]}


def piece(path: str, *, more: bool = False, **value: Any) -> dict[str, Any]:
    """A piece of an argument."""
    return {"jsonPath": path, "willContinue": more, **value}


def test_arguments_in_pieces() -> None:
    """The pieces of a call are one call, with its arguments where they belong."""
    chunks = [
        chunk(name="book", id="fc_1", willContinue=True),
        chunk(partialArgs=[piece("$.city", stringValue="Os", more=True)], willContinue=True),
        chunk(partialArgs=[piece("$.city", stringValue="lo")], willContinue=True),
        chunk(
            partialArgs=[
                piece("$.guests[0].age", numberValue=7),
                piece("$.guests[1]['name']", stringValue="Ida"),
                piece("$.late", boolValue=False),
            ],
            willContinue=True,
        ),
        chunk(),
        chunk(name="wait", args={"s": 1}),
    ]

    (message,) = folded(StreamedContent(), chunks).messages

    assert message["parts"] == [
        {
            "type": "tool_call",
            "id": "fc_1",
            "name": "book",
            "arguments": {
                "city": "Oslo",
                "guests": [{"age": 7}, {"name": "Ida"}],
                "late": False,
            },
        },
        {"type": "tool_call", "name": "wait", "arguments": {"s": 1}},
    ]


def test_paths_that_lead_nowhere() -> None:
    """A piece without a path, or with one that does not fit, harms nothing."""
    pieces = [
        piece("", stringValue="x"),
        piece("$.a", numberValue=1),
        piece("$.a.b", numberValue=2),
    ]

    (message,) = folded(StreamedContent(), [chunk(name="f", partialArgs=pieces)]).messages

    assert message["parts"][0]["arguments"] == {"a": 1}


def test_index_beyond_all_lists() -> None:
    """An index that no list reaches makes no list of that length; its value is kept."""
    chunks = [
        chunk(name="book", willContinue=True),
        chunk(partialArgs=[piece("$.guests[4000000000]", stringValue="Ida")]),
    ]
    (message,) = folded(StreamedContent(), chunks).messages

    assert message["parts"][0]["arguments"] == {"guests": "Ida"}


def test_piece_without_a_path_adds_nothing() -> None:
    """Nor does one at an index that would take all memory."""
    chunks = [
        chunk(name="book", willContinue=True),
        chunk(
            partialArgs=[
                {"stringValue": "lost"},
                piece("$", stringValue="lost"),
                piece("$.a[3]", numberValue=0),
                piece("$.a[0]", stringValue="x"),
            ]
        ),
    ]

    (message,) = folded(StreamedContent(), chunks).messages

    assert message["parts"][0]["arguments"] == {"a": ["x", None, None, 0]}
