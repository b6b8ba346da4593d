"""Other instrumentations of the same SDK: each call is logged once, in every order, on and off."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import wrapt

import hilt
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.programs.orders_of_others import OTHERS as REAL
from tests.instrumentation.test_patching import ANSWER, ASK

Other = Callable[[Any], Any]  # is given a client, and returns what takes the instrumentation off


def _passing(function: Any, _instance: Any, args: Any, kwargs: Any) -> Any:
    return function(*args, **kwargs)


def _around(function: Any) -> Any:
    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


def _put(owner: Any, name: str, value: Any) -> Callable[[], None]:
    """Set an attribute; the function that puts back what the owner itself had."""
    before = vars(owner).get(name)
    setattr(owner, name, value)
    return lambda: delattr(owner, name) if before is None else setattr(owner, name, before)


class _Descriptor:
    def __init__(self, function: Any) -> None:
        self.function = function

    def __get__(self, instance: Any, owner: type) -> Any:
        return _around(self.function.__get__(instance, owner))


def _base_of(client: Any) -> type:
    return next(cls for cls in type(client).__mro__ if cls.__name__.endswith("APIClient"))


def _calls_super(self: Any, *args: Any, **kwargs: Any) -> Any:
    base: Any = next(cls for cls in type(self).__mro__ if cls.__name__ != "Traced")
    return base.request(self, *args, **kwargs)


def _replace_class(client: Any) -> Callable[[], None]:
    before = type(client)
    client.__class__ = type("Traced", (before,), {"request": _calls_super})
    return lambda: setattr(client, "__class__", before)


OTHERS: dict[str, Other] = {
    "class of the client": _replace_class,
    "subclass, wrapt": lambda client: _put(
        type(client), "request", wrapt.FunctionWrapper(type(client).request, _passing)
    ),
    "subclass, function": lambda client: _put(
        type(client), "request", _around(type(client).request)
    ),
    "subclass, descriptor": lambda client: _put(
        type(client), "request", _Descriptor(type(client).request)
    ),
    "base class, wrapt": lambda client: _put(
        _base_of(client),
        "request",
        wrapt.FunctionWrapper(vars(_base_of(client))["request"], _passing),
    ),
    "base class, function": lambda client: _put(
        _base_of(client), "request", _around(vars(_base_of(client))["request"])
    ),
    "base class, descriptor": lambda client: _put(
        _base_of(client), "request", _Descriptor(vars(_base_of(client))["request"])
    ),
    "instance": lambda client: _put(client, "request", _around(client.request)),
    "instance, wrapt": lambda client: _put(
        client, "request", wrapt.FunctionWrapper(client.request, _passing)
    ),
    "method of a resource": lambda client: _put(
        client.chat.completions, "create", _around(client.chat.completions.create)
    ),
}


@contextmanager
def _switched(other: Other, client: Any) -> Iterator[Callable[[str], None]]:
    """Switches HILT (H, h) and the other instrumentation (O, o) on and off."""
    off: list[Callable[[], None]] = []
    log = Log()

    def switch(step: str) -> None:
        if step == "H":
            hilt.instrument(session=log.session, providers=["openai"])
        elif step == "h":
            hilt.uninstrument()
        elif step == "O":
            off.append(other(client))
        elif off:
            off.pop()()

    switch.log = log  # type: ignore[attr-defined]  # what was logged
    try:
        yield switch
    finally:
        hilt.uninstrument()
        while off:
            off.pop()()


WARNING = (
    "before hilt.instrument(), and the SDK's own function cannot be found behind it: "
    "some calls may not be logged; call hilt.instrument() first"
)
ORDERS = ["".join(order) for order in itertools.product("HhOo", repeat=4)] + ["OHoHOhH", "HOHOoHo"]
SAMPLE = ["HOho", "OHoh", "HOHo", "OHOH", "OoHO", "HhOH", "OHoHOhH", "HOHOoHo"]


@pytest.mark.parametrize("name", OTHERS)
def test_each_call_is_logged_once(name: str) -> None:
    """After each step of some orders a call is logged once if HILT is on, and not if it is off."""
    assert wrong_orders(name, SAMPLE) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", OTHERS)
def test_each_call_is_logged_once_in_every_order(name: str) -> None:
    """The same after each step of each order."""
    assert wrong_orders(name, ORDERS) == []


def wrong_orders(name: str, orders: list[str]) -> list[tuple[str, int]]:
    """The orders, up to the step at fault, after which another number of events was logged."""
    wrong = []
    for order in orders:
        client = openai_client({"POST /chat/completions": ANSWER})
        with _switched(OTHERS[name], client) as switch:
            for number, step in enumerate(order, 1):
                switch(step)
                events = switch.log.events  # type: ignore[attr-defined]
                before = len(events)
                client.chat.completions.create(**ASK)
                logged = len(switch.log.events) - before  # type: ignore[attr-defined]
                is_on = order[:number].lower().rpartition("h")[1] and (
                    order[:number].replace("O", "").replace("o", "")[-1:] == "H"
                )
                if logged != (2 if is_on else 0):
                    wrong.append((order[:number], logged))

    return wrong


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("order", ["OH", "HO", "HOH", "OHOH"])
def test_calls_of_async_clients_are_logged_once(name: str, order: str) -> None:
    """The same with coroutine functions."""

    async def run() -> list[str]:
        client = openai_client({"POST /chat/completions": ANSWER}, is_async=True)
        with _switched(OTHERS[name], client) as switch:
            for step in order:
                switch(step)
            await client.chat.completions.create(**ASK)
            actions: list[str] = switch.log.actions  # type: ignore[attr-defined]
            return actions

    assert asyncio.run(run()) == ["prompt", "completion"]


def test_a_client_that_made_calls_before_is_logged_too() -> None:
    """Its resources hold bound methods of the client as it was."""
    client = openai_client({"POST /chat/completions": ANSWER})
    OTHERS["instance"](client)
    client.chat.completions.create(**ASK)
    log = Log()
    hilt.instrument(session=log.session, providers=["openai"])
    client.chat.completions.create(**ASK)
    hilt.uninstrument()

    assert log.actions == ["prompt", "completion"]


def test_what_hides_the_function_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the SDK's function cannot be found, one warning says so, and calls are logged."""
    base: Any = _base_of(openai_client({}))
    held = {7: vars(base)["request"]}

    class Hiding:
        def __get__(self, instance: Any, owner: type) -> Any:
            return held[7].__get__(instance, owner)

    monkeypatch.setattr(base, "request", Hiding())
    name, log = Hiding.__qualname__, Log()
    hilt.instrument(session=log.session, providers=["openai"])
    hilt.uninstrument()

    assert [record.getMessage() for record in caplog.records] == [
        f"openai._base_client.SyncAPIClient.request was replaced by a {__name__}.{name} {WARNING}"
    ]


def _is_there(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("name", REAL)
def test_real_instrumentations_and_hilt_log_each_call_once(name: str) -> None:
    """The newest of each, in some orders: its clients, whole and streamed, plain and async."""
    if not _is_there(REAL[name][0]):
        pytest.skip(f"{REAL[name][0]} is not installed")  # and not imported: it would stay
    root = Path(__file__).parents[2]
    program = root / "tests/instrumentation/programs/orders_of_others.py"
    done = subprocess.run(
        [sys.executable, program, name, *SAMPLE[-2:]],  # the longest, whose every step is checked
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=300,
    )

    assert (done.returncode, done.stdout) == (0, "")
