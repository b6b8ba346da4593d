"""Tests for the wrappers around an SDK's functions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Arguments, Target
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import _hands_on, observing


class _Interrupted:
    """A context variable, right after the setting of which Ctrl-C is pressed, once."""

    def __init__(self, variable: ContextVar[Any]) -> None:
        self.variable = variable
        self.get = variable.get
        self._armed = True

    def set(self, value: object) -> None:
        """Set it, and interrupt."""
        self.variable.set(value)
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt


class _Observer:
    def __init__(self) -> None:
        self.endings: list[Ending] = []

    def end(self, how: Ending, value: Any = None) -> None:
        """Note it."""
        self.endings.append(how)


def _sync() -> Callable[[], object]:
    return lambda: "answer"


def _async() -> Callable[[], object]:
    async def answer() -> str:
        return "answer"

    return answer


@pytest.mark.parametrize("make", [_sync, _async])
def test_an_interrupt_right_after_a_call_became_current_does_not_leave_it_current(
    make: Callable[[], Callable[[], object]],
) -> None:
    """A call that stayed current would keep every later one out of the log."""
    variable: ContextVar[Any] = ContextVar("current", default=None)
    observer = _Observer()
    engine: Any = SimpleNamespace(enabled=True)
    interrupted: Any = _Interrupted(variable)
    call = observing(
        engine,
        Target("module", "function"),
        make(),
        lambda _: observer,
        lambda _, result: result,
        variable=interrupted,
        is_method=False,
    )

    async def here() -> None:
        made: Any = call
        with pytest.raises(KeyboardInterrupt):
            await made()
        assert (variable.get(), observer.endings) == (None, [Ending.RAISED])

    asyncio.run(here())


class _Options(SimpleNamespace):
    """What an SDK makes for one request."""


class _Client:
    """Hands each request on from one observed method to the next, as old SDKs do."""

    def request(self, options: _Options, ask: Callable[[], object] | None = None) -> object:
        """What callers call."""
        if ask is not None:
            ask()
        return self.send(options=options)

    def send(self, *, options: _Options, attempts: int = 1) -> object:
        """What sends, as often as it is told to, each time by a copy of the options."""
        return self.send(options=copy(options), attempts=attempts - 1) if attempts > 1 else options


def _counted(began: list[str]) -> type[_Client]:
    """The client with both methods observed by one engine; their calls are noted."""
    engine: Any = SimpleNamespace(enabled=True)
    variable: ContextVar[Any] = ContextVar("current", default=None)

    def begin(arguments: Any) -> Any:
        began.append(arguments.target.path)
        observer: Any = _Observer()
        observer.engine, observer.arguments = engine, arguments
        return observer

    def wrapped(name: str) -> Any:
        target = Target("sdk", f"Client.{name}")
        original = getattr(_Client, name)
        return observing(engine, target, original, begin, lambda _, r: r, variable=variable)

    return type("Client", (_Client,), {name: wrapped(name) for name in ("request", "send")})


def test_a_request_that_is_handed_on_is_one_call() -> None:
    """Both methods are observed, since of some releases only one exists."""
    began: list[str] = []
    assert _counted(began)().request(_Options(model="m")) == _Options(model="m")
    assert began == ["Client.request"]


def test_an_attempt_by_a_copy_of_the_options_is_the_same_call() -> None:
    """Old SDKs copy the options for each attempt, and the body within is the same object."""
    began: list[str] = []
    options = _Options(json_data={"model": "m"})
    assert _counted(began)().send(options=options, attempts=3) == options
    assert began == ["Client.send"]


def test_another_request_within_a_call_is_a_call_of_its_own() -> None:
    """An event hook asks something else while the call lasts."""
    began: list[str] = []
    client = _counted(began)()
    client.request(_Options(model="m"), ask=lambda: client.request(_Options(model="other")))
    assert began == ["Client.request", "Client.request"]


class _Alias:
    """What an alias of a type looks like: the same object in many requests."""

    def __init__(self) -> None:
        self.__origin__ = list


@pytest.mark.parametrize("shared", ["m", 5, (), dict, _Options, _Alias()])
def test_what_many_requests_have_in_common_makes_them_no_one_call(shared: Any) -> None:
    """Neither a plain value nor a type says that a request is handed on."""
    began: list[str] = []
    client = _counted(began)()
    one, other = _Options(model="m"), _Options(model="m")
    client.request(one, ask=lambda: client.send(options=other))

    first, second = (
        Arguments(Target("sdk", "Client.request"), client, args, {"options": options})
        for args, options in (((shared, one), shared), ((shared, other), shared))
    )

    assert began == ["Client.request", "Client.send"]
    assert not _hands_on(first, second.args, second.kwargs)
    assert _hands_on(first, (shared, one), {})
    assert _hands_on(first, (), {"options": one})


def test_what_is_not_enabled_or_not_observed_is_called_as_it_is() -> None:
    """The caller has the answer all the same, and what begins within is observed."""
    began: list[str] = []
    current: list[object] = []
    engine: Any = SimpleNamespace(enabled=False)
    variable: ContextVar[Any] = ContextVar("current", default=None)

    def begin(arguments: Any) -> None:
        began.append(arguments.target.path)

    def double(number: int) -> int:
        current.append(variable.get())
        return 2 * number

    called = observing(
        engine, Target("sdk", "double"), double, begin, lambda _, r: r, variable=variable,
        is_method=False,
    )  # fmt: skip

    assert (called(1), began) == (2, [])
    engine.enabled = True
    assert (called(number=2), began) == (4, ["double"])
    token = variable.set(enclosing := _Observer())
    assert called(3) == 6
    assert current == [None, None, None]  # what begins within is not part of what encloses it
    assert variable.get() is enclosing
    variable.reset(token)  # every observer looks at it
