"""Tests for definitions of tools: what may be shown, and what may not."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from hilt.genai.tool_definitions import visible_definition, visible_definitions

SCHEMA = {"type": "object", "properties": {"authorization": {"type": "string", "description": "x"}}}


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": SCHEMA}},
        {"type": "function", "name": "f", "parameters": SCHEMA, "strict": True},
        {"name": "f", "input_schema": SCHEMA, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3,
         "user_location": {"type": "approximate", "city": "Lima", "country": "PE"}},
        {"functionDeclarations": [{"name": "f", "parametersJsonSchema": SCHEMA}]},
        {"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}},
        {"type": "file_search", "vector_store_ids": ["vs_1"],
         "filters": {"type": "eq", "key": "region", "value": "EU"}},
        {"googleSearch": {}},
        {"type": "mcp", "server_label": "shop", "server_url": "https://shop.example/mcp",
         "require_approval": {"never": {"tool_names": ["find"]}}, "allowed_tools": ["find"]},
    ],
)  # fmt: skip
def test_what_a_tool_is_and_takes_is_shown(tool: dict[str, object]) -> None:
    """Names, descriptions, schemas and settings of every provider's tools stay as they were sent."""
    assert visible_definition(tool) == tool


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "mcp", "authorization": "CANARY"},
        {"type": "mcp", "headers": {"Authorization": "Bearer CANARY", "x": ["CANARY"]}},
        {"type": "mcp", "server_url": "https://u:CANARY@h/x/CANARYCANARYCANARY1?key=CANARY#CANARY"},
        {"type": "mcp", "server_url": {"CANARY": 1}},
        {"type": "shell", "container": {"type": "auto", "network_policy": {
            "type": "allowlist", "domain_secrets": [{"name": "K", "value": "CANARY"}]}}},
        {"retrieval": {"externalApi": {"apiAuth": {"apiKeyConfig": {"apiKeyString": "CANARY"}}}}},
        {"googleMaps": {"authConfig": {"apiKeyConfig": {"apiKeyString": "CANARY"}}}},
        {"mcpServers": [{"streamableHttpTransport": {"url": "x", "headers": {"k": "CANARY"}}}]},
        {"type": "mcp", "whatever_comes_next": ["CANARY"]},
        {"type": "function", "function": {"name": "f", "api_key": "CANARY"}},
        json.dumps({"type": "mcp", "authorization": "CANARY"}),
        "a tool with api_key=CANARY",
    ],
)  # fmt: skip
def test_credentials_are_not_shown(tool: object) -> None:
    """Whatever the field is called: what is not known to be harmless is replaced."""
    visible = json.dumps(visible_definition(tool))

    assert "CANARY" not in visible
    assert "[redacted]" in visible or "https://h" in visible


def test_an_address_keeps_its_host_and_path() -> None:
    """A reader sees which server a tool is at."""
    tool = {"type": "mcp", "server_url": "https://me:pw@shop.example:8443/v2/mcp?key=k"}

    assert visible_definition(tool) == {
        "type": "mcp",
        "server_url": "https://shop.example:8443/v2/mcp?[redacted]",
    }


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://h/0123456789abcde/mcp", "https://h/0123456789abcde/mcp"),
        ("https://h/0123456789abcdef/mcp", "https://h/[redacted]/mcp"),
        ("https://h/mcp/0123456789abcdefg", "https://h/mcp/[redacted]"),
        ("https://h/abcdefghijklmnopqrstuvwxyz/1", "https://h/abcdefghijklmnopqrstuvwxyz/1"),
        ("https://h/abcdefghijklmn1/abcdefghijklmno1", "https://h/abcdefghijklmn1/[redacted]"),
        ("https://h:443/x?#part", "https://h:443/x"),
        ("https://user@h/x#part", "https://h/x"),
        ("https://h:0/?k=", "https://h:0/?[redacted]"),
        ("//h/x", "h/x"),
        ("mcp/0123456789abcdef", "mcp/[redacted]"),
    ],
)
def test_a_key_in_the_path_of_an_address_is_not_shown(address: str, shown: str) -> None:
    """A segment of 16 characters with a digit may be one; names and versions are shorter."""
    tool = {"server_url": address, "url": address}

    assert visible_definition(tool) == {"server_url": shown, "url": shown}


@pytest.mark.parametrize("address", ["https://[::", "//h:port/x"])
def test_an_address_that_is_none_is_not_shown(address: str) -> None:
    """What cannot be read as an address may hold anything."""
    assert visible_definition({"url": address}) == {"url": "[redacted]"}


def test_odd_definitions_stay_what_they_are() -> None:
    """Numbers, flags and nothing are no credentials, and a list of tools may be anything."""
    assert visible_definitions([None, 5, {"new_flag": True, "new_limit": 7, "new": None}]) == [
        None, 5, {"new_flag": True, "new_limit": 7, "new": None},
    ]  # fmt: skip
    assert visible_definitions(7) == []


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://h/a", "https://h/a"),
        ("http://h:80", "http://h:80"),
        ("https://H.Example:0/", "https://h.example:0/"),
        ("h/a?b", "h/a?[redacted]"),
        ("/mcp", "/mcp"),
        ("mailto:ann", "mailto://ann"),
        ("https://h/v1/abcdefghijklmno1", "https://h/v1/[redacted]"),
        ("https://h/v1/abcdefghijklmn1", "https://h/v1/abcdefghijklmn1"),
        ("https://h/a-long-name-of-a-path/x", "https://h/a-long-name-of-a-path/x"),
        ("https://h/1234567890123456", "https://h/[redacted]"),
        ("", ""),
    ],
)
def test_what_of_an_address_is_shown(address: str, shown: str) -> None:
    """Host, port and path; a part of it that is long and has digits may be a key."""
    for name in ("endpoint", "server_url", "uri", "url"):
        assert visible_definition({name: address}) == {name: shown}


@pytest.mark.parametrize(
    ("tool", "shown"),
    [
        ({"name": "f", "token": ""}, {"name": "f", "token": ""}),
        ({"url": None, "token": None, "name": None}, {"url": None, "token": None, "name": None}),
        ({"url": 5, "uri": True}, {"url": 5, "uri": True}),
        ({"name": "f", "token": []}, {"name": "f", "token": []}),
        ({"name": "f", "token": "x"}, {"name": "f", "token": "[redacted]"}),
        ({"name": "f", "token": 5, "other": 1.5}, {"name": "f", "token": 5, "other": 1.5}),
        ({"name": ("f", {"token": "x"})}, {"name": ["f", {"token": "[redacted]"}]}),
        ({"parameters": {"token": "x"}}, {"parameters": {"token": "x"}}),
        ({"function": '{"token": "x"}'}, {"function": {"token": "[redacted]"}}),
        ({5: "x"}, {"5": "[redacted]"}),
        (MappingProxyType({"name": "f"}), {"name": "f"}),
    ],
)
def test_what_of_a_definition_is_shown(tool: object, shown: object) -> None:
    """What is empty is no secret, schemas are shown whole, and what is nested is looked through."""
    assert visible_definition(tool) == shown


@pytest.mark.parametrize("tools", [[{"token": "x"}], ({"token": "x"},)])
def test_definitions_in_a_list_or_a_tuple(tools: object) -> None:
    """Each is shown as one alone is."""
    assert visible_definitions(tools) == [{"token": "[redacted]"}]
