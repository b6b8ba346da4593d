"""Which request of an SDK is the call that a framework logs."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hilt._context import FRAMEWORK_CALLS
from hilt.genai.values import Request
from hilt.instrumentation.framework_calls import FrameworkCall, running_calls
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_patching import ANSWER


def _request(text: str) -> Request:
    parts = [{"type": "text", "content": text}]
    return Request("chat", "own", messages=[{"role": "user", "parts": parts}])


@pytest.fixture
def reported() -> Iterator[FrameworkCall]:
    """A framework's call that is in progress."""
    call = FrameworkCall(_request("Hello"), "key", "order-42")
    call.start()
    yield call
    call.end()
    assert FRAMEWORK_CALLS.get() is None


def _ask(text: str) -> None:
    messages: Any = [{"role": "user", "content": text}]
    client = openai_client({"POST /chat/completions": ANSWER})
    client.chat.completions.create(model="gpt-4o", messages=messages)


def _prompts(log: Log) -> list[tuple[str, str]]:
    events = [each.to_dict() for each in log.of("prompt")]
    return [(each["content"]["text"], each["session_id"]) for each in events]


def test_request_with_the_text_is_the_call(log: Log, reported: FrameworkCall) -> None:
    """It is handed over, and not logged again."""
    _ask("Hello")

    observation = reported.observation()
    assert observation is not None
    assert observation.status_code == 200
    assert log.events == []


def test_second_request_is_logged_in_the_conversation(log: Log, reported: FrameworkCall) -> None:
    """A call of its own, in the conversation of the framework's."""
    _ask("Hello")
    _ask("Hello")

    assert _prompts(log) == [("Hello", "order-42")]
    assert (len(log.endings), reported.others) == (1, 1)


def test_request_of_another_text_is_released_when_the_right_one_comes(
    log: Log, reported: FrameworkCall
) -> None:
    """It is logged after all."""
    _ask("Other")
    assert log.events == []
    _ask("Hello")

    assert [text for text, _ in _prompts(log)] == ["Other"]
    assert log.actions == ["prompt", "completion"]


def test_nothing_is_the_call_after_its_end(log: Log) -> None:
    """What inherited its context is logged."""
    call = FrameworkCall(_request("Hello"), "key")
    call.start()
    call.end()
    _ask("Hello")

    assert log.actions == ["prompt", "completion"]


def test_calls_that_end_in_the_order_in_which_they_began_leave_nothing() -> None:
    """As those of several prompts do."""
    first, second = (FrameworkCall(_request("Hello"), key) for key in "ab")
    first.start()
    second.start()
    first.end()
    running = running_calls()
    second.end()

    assert running is not None
    assert list(running.calls) == [second]
    assert FRAMEWORK_CALLS.get() is None


def test_call_that_two_handlers_log_has_one_request() -> None:
    """Both are given what the SDK observed."""
    first, second = (FrameworkCall(_request("Hello"), "key") for _ in range(2))
    first.start()
    second.start()
    second.end()
    first.end()

    assert first.claims is second.claims


@pytest.mark.parametrize(
    ("counts", "attempts"),
    [
        ([], None),
        ([None], None),
        ([3], None),
        ([None, None], 2),
        ([None, 3], 4),
        ([2, None, 1], 4),
        ([2, 3], 5),
    ],
)
def test_attempts_of_several_requests(
    reported: FrameworkCall, counts: list[int | None], attempts: int | None
) -> None:
    """An SDK that counts none has made one each time; of one request, its own count holds."""
    for count in counts:
        claim: Any = SimpleNamespace(observation=SimpleNamespace(attempts=count))
        reported.claims.append(claim)

    assert reported.attempts == attempts
    reported.claims.clear()
