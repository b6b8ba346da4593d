"""Tests for what a tool answered, in the blocks of protocols and frameworks."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects.tool_results import tool_result_of


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ("fog", "fog"),
        ([{"text": "fog"}], "fog"),
        ([{"json": {"fog": True}}], {"fog": True}),
        ([{"type": "text", "text": "fo"}, {"type": "text", "text": "g"}], "fog"),
        ({"content": [{"type": "text", "text": "fog"}], "isError": False}, "fog"),
        ({"type": "json", "value": {"fog": 1}}, {"fog": 1}),
        (
            {"content": [{"type": "text", "text": "a"}]},
            {"content": [{"type": "text", "text": "a"}]},
        ),
        ([{"json": 1}, {"text": "a"}], [{"json": 1}, {"text": "a"}]),
        ({"blocks": [{"text": "fog"}], "tool_name": "sky", "raw_input": {}}, "fog"),
        ('[{"json": {"fog": true}}]', {"fog": True}),
        ('[{"type": "text", "text": "fog"}]', "fog"),
        ('[{"sky": "fog"}]', '[{"sky": "fog"}]'),
        ("[{fog", "[{fog"),
        ([], []),
        (None, None),
    ],
)
def test_result_is_taken_out_of_its_blocks(given: Any, result: Any) -> None:
    """What has none of the known forms stays as it is."""
    assert tool_result_of(given) == result
