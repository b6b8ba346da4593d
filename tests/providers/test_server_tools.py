"""Calls of a provider's own tools, by the price table's names."""

from __future__ import annotations

from types import SimpleNamespace

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


def test_tools_by_every_name() -> None:
    """Each is the table's, and those that mean one thing are added up; counts are whole numbers."""
    searches = ("file_search_calls", "document_search_calls", "document_library",
                "collections_search_calls")  # fmt: skip
    executions = ("code_interpreter", "code_interpreter_calls", "code_execution_requests")
    counts = {
        **dict.fromkeys((*searches, *executions), 1),
        "web_search_calls": 1, "web_search_premium": 2, "web_fetch_requests": 3,
        "x_search_calls": 4, "image_generation": 5, "tool_search_requests": 6, "mine": "1",
        "yours": -1, "ours": 2.0,
    }  # fmt: skip

    assert server_tool_units(counts) == {
        "storage_searches": 4, "code_executions": 3, "web_searches": 1, "premium_web_searches": 2,
        "web_fetches": 3, "social_searches": 4, "generated_images": 5, "ours": 2,
    }  # fmt: skip
    assert server_tool_units(SimpleNamespace(web_search_requests=2, other=None)) == {
        "web_searches": 2
    }


def test_every_paid_call_in_an_output() -> None:
    """What finds something in a page that is open is free, too."""
    kinds = ("code_interpreter_call", "image_generation_call", "file_search_call", "mcp_call")
    pages = [{"type": "web_search_call", "action": {"type": each}}
             for each in ("open_page", "find_in_page", "find", "other", None)]  # fmt: skip

    assert counted_calls([*({"type": kind} for kind in kinds), *pages, {"type": kinds[0]}]) == {
        "code_interpreter_calls": 2,
        "image_generation_calls": 1,
        "storage_searches": 1,
        "web_searches": 2,
    }
