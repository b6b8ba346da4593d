"""Calls of a provider's own tools, by the price table's names."""

from __future__ import annotations

from hilt.providers._server_tools import counted_calls, server_tool_units


def test_names_of_counts() -> None:
    """Known names become the table's, zeros and what is free are left out, others stay."""
    counts = {"web_search_requests": 2, "web_search": 1, "mcp_calls": 4, "x_search_calls": 0,
              "weather": 1, "odd": "many"}  # fmt: skip

    assert server_tool_units(counts) == {"web_searches": 3, "weather": 1}


def test_nothing_is_counted_of_what_is_no_object() -> None:
    """None, a list, a number."""
    assert [server_tool_units(each) for each in (None, [], [1], 3)] == [{}] * 4


def test_calls_in_an_output() -> None:
    """A search is paid, opening a page that it found is not."""
    items = [
        {"type": "web_search_call", "action": {"type": "search"}},
        {"type": "web_search_call"},
        {"type": "web_search_call", "action": {"type": "open_page"}},
        {"type": "file_search_call"},
        {"type": "message"},
        {"type": ["odd"]},
    ]

    assert counted_calls(items) == {"web_searches": 2, "storage_searches": 1}
