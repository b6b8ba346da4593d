"""What the suites of the integrations share: a provider on this machine and a log in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing import MemorySink
from hilt.testing.provider import Provider


class Logged:
    """An open session and the events that were written to it."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        self.session = Session(self.sink)

    @property
    def events(self) -> list[Event]:
        """Every event, oldest first."""
        return self.sink.events

    @property
    def actions(self) -> list[str]:
        """The actions of the events, oldest first."""
        return [event.action for event in self.events]

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """The events as they are written."""
        return [event.to_dict() for event in self.events]

    def only(self, action: str) -> dict[str, Any]:
        """The one event of an action."""
        (event,) = [each for each in self.dicts if each["action"] == action]
        return event

    def all(self, action: str) -> list[dict[str, Any]]:
        """The events of an action."""
        return [each for each in self.dicts if each["action"] == action]

    @property
    def outline(self) -> list[tuple[str, str | None, str | None]]:
        """Action, text, and the action that each event replies to."""
        actions = {each["event_id"]: each["action"] for each in self.dicts}
        return [
            (
                each["action"],
                each.get("content", {}).get("text"),
                actions.get(each.get("extensions", {}).get("reply_to")),
            )
            for each in self.dicts
        ]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """A log in memory."""
    log = Logged()
    with log.session:
        yield log


@pytest.fixture
def model(provider: Provider) -> Any:
    """A LangChain chat model on the embedded provider that tries once."""
    from tests.integrations.langchain_programs import chat_model

    return chat_model(provider)


@pytest.fixture
def handler(logged: Logged) -> Iterator[Any]:
    """A LangChain handler whose runs all end, without an internal error."""
    from hilt.integrations.langchain import HILTCallbackHandler

    errors = guard.errors
    made = HILTCallbackHandler(logged.session, session_id="demo")
    yield made
    assert len(made._runs) == 0
    assert guard.errors == errors


@pytest.fixture(scope="package")
def served() -> Iterator[Provider]:
    """The embedded provider, started once."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def provider(served: Provider) -> Iterator[Provider]:
    """The embedded provider, with nothing scripted."""
    served.reset()
    yield served
    served.reset()
