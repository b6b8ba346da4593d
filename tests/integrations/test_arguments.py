"""The arguments of the helpers are checked, and made ready."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.core.arguments import session_checked
from hilt.core.exceptions import ConfigurationError, MissingDependencyError, SessionError
from hilt.core.ids_and_times import conversation_id_of
from hilt.integrations.arguments import (
    client_of,
    conversation_checked,
    conversation_for,
    list_checked,
    plain_messages,
)
from hilt.io.session import Session
from hilt.testing import MemorySink


def test_simple_id_becomes_a_conversation() -> None:
    """Ids are made by one rule, and stay where they are conversations already."""
    assert conversation_for("demo") == conversation_id_of("demo")
    assert conversation_for("conv_0123456789abcdef") == "conv_0123456789abcdef"
    assert conversation_for(None) is None


@pytest.mark.parametrize("wrong", ["", 7, b"x", []])
def test_id_that_is_no_text_is_refused(wrong: Any) -> None:
    """An id is text that is not empty."""
    with pytest.raises(
        ConfigurationError, match=r"session_id: .*; expected text that is not empty"
    ):
        conversation_for(wrong)


def test_id_is_as_it_was_given() -> None:
    """Only the helpers that promise another form make one."""
    assert [conversation_checked(each) for each in ("demo", None)] == ["demo", None]


def test_messages_are_in_the_chat_apis_form() -> None:
    """A system prompt stands first, where there is one."""
    user = {"role": "user", "content": "Hi"}

    assert plain_messages("Hi") == [user]
    assert plain_messages("Hi", "Be brief.") == [{"role": "system", "content": "Be brief."}, user]


@pytest.mark.parametrize("wrong", ["text", b"bytes", 3, {"a": 1}])
def test_what_is_no_list_is_refused(wrong: Any) -> None:
    """A text is not taken for a list of letters."""
    with pytest.raises(ConfigurationError, match=r"scores: .* is not a list"):
        list_checked("scores", wrong)


def test_session_is_checked() -> None:
    """A path is not a session, and the message says how to get one."""
    with pytest.raises(SessionError, match=r"open one: Session\(path\)"):
        session_checked("logs/x.jsonl")


def test_session_that_is_one() -> None:
    """It is given back."""
    session = Session(MemorySink())

    assert session_checked(session) is session


def test_lists() -> None:
    """Any sequence is a list, and None an empty one."""
    assert list_checked("scores", (1, 2)) == [1, 2]
    assert list_checked("scores", None) == []


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((None,), "user_message: None is not text"),
        (("Hi", 5), "system_prompt: 5 is not text"),
    ],
)
def test_message_that_is_no_text_is_refused(arguments: Any, problem: str) -> None:
    """The message names the argument and the value."""
    with pytest.raises(ConfigurationError, match=problem):
        plain_messages(*arguments)


class AsyncOpenAI(SimpleNamespace):
    """Looks like the SDK's client, by name and fields."""


def test_client_that_is_given() -> None:
    """It is used as it is."""
    client = AsyncOpenAI(chat=None)

    assert client_of(client, "AsyncOpenAI") is client


@pytest.mark.parametrize("client", [AsyncOpenAI(chat=None), "key", SimpleNamespace()])
def test_client_of_another_kind_is_refused(client: Any) -> None:
    """An async client is no client for a function that is not async."""
    with pytest.raises(ConfigurationError, match=r"cannot be used; expected an openai\.OpenAI"):
        client_of(client, "OpenAI")


def test_client_without_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "openai", None)

    with pytest.raises(MissingDependencyError, match=r'pip install "hilt\[openai\]"'):
        client_of(None, "OpenAI")


def test_client_is_made_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is given."""
    openai = pytest.importorskip("openai")
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    with client_of(None, "OpenAI") as client:
        assert isinstance(client, openai.OpenAI)
