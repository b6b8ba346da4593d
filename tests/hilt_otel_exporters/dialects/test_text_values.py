"""Values that stand in texts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hilt_otel_exporters.dialects.text_values import messages_in_text, value_in_text

HI = [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(HI),
        json.dumps(json.dumps(HI)),
        json.dumps(json.dumps(json.dumps(HI))),
        repr(HI),
        "[Message(role=<Role.USER: 'user'>, content='Hi')]",
    ],
)
def test_messages_are_read_however_they_are_written(text: str) -> None:
    """Quoted again, and as Python prints dicts and objects."""
    (message,) = messages_in_text(text)

    assert {name: message[name] for name in ("role", "content")} == HI[0]


@pytest.mark.parametrize(
    "text",
    [
        *("Hi", "", "[", "[]", "{}", "[1]", '"role"', "{'role'"),
        *('{"role": "user"}', '{"role": 5, "content": ""}', '{"city": "Lima", "role": "capital"}'),
        *('{"messages": []}', '{"messages": 5}'),
    ],
)
def test_other_texts_hold_no_messages(text: str) -> None:
    """An answer may be JSON itself."""
    assert messages_in_text(text) is None


@pytest.mark.parametrize(
    ("value", "inner"),
    [
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ("{'a': None}", {"a": None}),
        ('"Lima"', '"Lima"'),
        ("Lima", "Lima"),
        ("{'a'", "{'a'"),
        ('{"a"', '{"a"'),
        ("5", "5"),
        (5, 5),
        (None, None),
    ],
)
def test_only_dicts_and_lists_are_taken_out_of_texts(value: Any, inner: Any) -> None:
    """Everything else stays as it is."""
    assert value_in_text(value) == inner
