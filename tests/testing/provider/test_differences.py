"""Where a request differs first from a log: what a miss of a replay says."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.testing.provider.answers import Answer, ParsedRequest
from hilt.testing.provider.differences import first_difference
from hilt.testing.provider.recorded import RecordedCall


def request(*texts: str, model: str = "m", operation: str = "chat") -> ParsedRequest:
    """A request of some texts by a user, alternating with the assistant's."""
    messages = [
        {"role": ("user", "assistant")[at % 2], "parts": [{"type": "text", "content": text}]}
        for at, text in enumerate(texts)
    ]
    return ParsedRequest("openai.chat", operation, model, {}, messages)


def recorded(*parts: Any, model: str = "m", operation: str = "chat") -> RecordedCall:
    """A call of a log with some new parts."""
    keys = [("user", "text", each) if isinstance(each, str) else each for each in parts]
    return RecordedCall("e", operation, model, "openai", "", keys, 0, Answer("x"), None, None)


@pytest.mark.parametrize(
    ("asked", "logged", "said"),
    [
        (request("Hi"), [], None),
        (request("Hi"), [recorded("Hi", operation="rerank")], "no call of it is of the kind 'chat'"),
        (request("Hi"), [recorded("Hallo")],
         "part 1 of its input (user text) differs from character 2 on"),
        (request("Hi"), [recorded("Hi there")],
         "part 1 of its input (user text) differs from character 3 on"),
        (request("A", "B", "Hi"), [recorded("Ho")],
         "part 3 of its input (user text) differs from character 2 on"),
        (request("Hi"), [recorded(("system", "text", "Hi"))],
         "part 1 of its input is user text, and system text there"),
        (request("Hi"), [recorded(("user", "blob", b"Hi"))],
         "part 1 of its input is user text, and user binary part there"),
        (request("Hi"), [recorded("Hi", "Ho")], "its input has 1 parts, and 2 new ones there"),
        (request("Hi"), [recorded("Hi", model="n")], "it was another model's"),
        (request("Hi"), [recorded("Hi", model="n"), recorded("Hi"), recorded("Xy")],
         "the conversation before its newest messages is another one"),
    ],
)  # fmt: skip
def test_the_first_difference_to_the_call_that_is_most_alike(
    asked: ParsedRequest, logged: list[RecordedCall], said: str | None
) -> None:
    """Of its kind; its model counts where its input is the same."""
    assert first_difference(asked, logged) == said


def test_the_logs_own_words_are_quoted_where_they_may_be() -> None:
    """Thirty characters on each side of the first that differs."""
    mine, theirs = "a" * 40 + "b" + "c" * 40, "a" * 40 + "d" * 41

    said = first_difference(request(mine), [recorded(theirs)], quote=True)

    assert said == (
        "part 1 of its input (user text) differs from character 41 on: "
        f"{'a' * 30 + 'b' + 'c' * 29!r}, and {'a' * 30 + 'd' * 30!r} there"
    )
    model = first_difference(request("Hi"), [recorded("Hi", model="n")], quote=True)
    assert model == "the model is 'n' there"
