"""A patched function calls the wrapper whoever has it, and the SDK's is found behind wrappers."""

from __future__ import annotations

import asyncio
import functools
import inspect
from contextlib import contextmanager
from types import FunctionType
from typing import Any

import pytest
from wrapt import FunctionWrapper

from hilt.instrumentation.sdk_functions import copy_of, function_behind, is_own
from hilt.instrumentation.wrapping import FunctionPatch


class Base:
    """The class of an SDK."""

    def name(self, suffix: str = "!") -> str:
        """What a subclass adds to."""
        return f"base{suffix}"


class Client(Base):
    """A class with functions of each kind."""

    def name(self, suffix: str = "!", *, times: int = 1) -> str:
        """Has a default, a keyword and a closure, by ``super()``."""
        return super().name(suffix) * times

    async def ask(self, text: str) -> str:
        """A coroutine function."""
        return text


def patched(function: Any) -> FunctionPatch:
    """A patch that puts a W before what the function returns."""
    original = copy_of(function)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return f"W{original(*args, **kwargs)}"

    async def async_wrapper(*args: Any, **kwargs: Any) -> Any:
        return f"W{await original(*args, **kwargs)}"

    chosen: Any = async_wrapper if inspect.iscoroutinefunction(function) else wrapper
    return FunctionPatch(function, chosen, original)


def test_methods_that_were_bound_before_reach_the_wrapper() -> None:
    """Whoever has the function calls the wrapper, and the function again when it is undone."""
    bound = Client().name
    patch = patched(Client.name)
    during = [bound(), bound("?", times=2), Client().name("?")]
    patch.undo()

    assert during == ["Wbase!", "Wbase?base?", "Wbase?"]
    assert bound("?", times=2) == "base?base?"


def test_coroutine_functions_stay_coroutine_functions() -> None:
    """Frameworks ask a function whether it is one."""
    bound = Client().ask
    patch = patched(Client.ask)
    during = asyncio.run(bound("a")), inspect.iscoroutinefunction(Client.ask)
    patch.undo()

    assert during == ("Wa", True)
    assert asyncio.run(bound("a")) == "a"


def test_the_signature_stays() -> None:
    """What inspects a function sees what it saw before, and nothing is left behind."""
    before, attributes = inspect.signature(Client.name), dict(vars(Client.name))
    patch = patched(Client.name)
    during = inspect.signature(Client.name)
    patch.undo()

    assert during == before
    assert vars(Client.name) == attributes


def test_code_that_another_library_replaced_stays() -> None:
    """A profiler that has changed the code since keeps what it made."""
    patch = patched(Client.name)
    patched_code = Client.name.__code__
    Client.name.__code__ = theirs = patched_code.replace(co_name="theirs")
    patch.undo()
    code = Client.name.__code__
    Client.name.__code__ = patched_code
    patch.undo()

    assert code is theirs
    assert Client().name() == "base!"


class Descriptor:
    """Gives wrappers of a function, as a descriptor of another library may."""

    def __init__(self, function: Any) -> None:
        self.kept = [{"function": function}]

    def __get__(self, instance: object, owner: type) -> Any:
        """A bound method."""
        return functools.partial(self.kept[0]["function"], instance)


def closure_of(function: Any) -> Any:
    """A plain wrapper, without ``functools.wraps``."""

    def around(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return around


WRAPPERS = {
    "wrapt": lambda function: FunctionWrapper(function, lambda f, _, a, k: f(*a, **k)),
    "closure": closure_of,
    "closures": lambda function: closure_of(closure_of(function)),
    "partial": functools.partial,
    "bound method": lambda function: function.__get__(Client()),
    "descriptor": Descriptor,
    "default": lambda function: lambda *args, f=function: f(*args),
}


@pytest.mark.parametrize("kind", WRAPPERS)
def test_the_function_is_found_behind_a_wrapper(kind: str) -> None:
    """By closures, attributes, partials and bound methods, as they nest."""
    wrapper = WRAPPERS[kind](Client.name)  # type: ignore[no-untyped-call]  # a table of lambdas

    assert function_behind(wrapper, __name__, "Client.name") is Client.name


@pytest.mark.parametrize("value", [len, object(), closure_of(Base.name), None])
def test_what_hides_another_function_or_none_hides_nothing(value: object) -> None:
    """Only the function of this path is the one."""
    assert function_behind(value, __name__, "Client.name") is None


@pytest.mark.parametrize(
    ("path", "is_found"),
    [
        ("Client.name", True),
        ("Client.name.<locals>.inner", True),  # what it defines is hidden in it
        ("Client.name_of", False),
        ("Other.Client.name", False),
        ("Client", False),
    ],
)
def test_the_function_behind_is_the_one_of_the_path(path: str, is_found: bool) -> None:
    """Neither one whose name only begins alike, nor one of another class."""
    found = function_behind(closure_of(Client.name), __name__, path)

    assert found is (Client.name if is_found else None)


def test_a_copy_is_the_function_with_all_that_was_put_on_it() -> None:
    """Its defaults, and what it wraps, as far as it wraps something."""

    def plain(number: int = 1, *, word: str = "a") -> str:
        return word * number

    @functools.wraps(plain)
    def decorated(*args: Any, **kwargs: Any) -> str:
        return plain(*args, **kwargs)

    plain.mark = "set"  # type: ignore[attr-defined]
    copies = copy_of(plain), copy_of(decorated)

    assert [each() for each in copies] == ["a", "a"]
    assert copies[0](2, word="b") == "bb"
    assert [vars(each) for each in copies] == [{"mark": "set"}, {"__wrapped__": plain}]
    assert [each.__qualname__ for each in copies] == [plain.__qualname__] * 2


def test_functions_of_the_package_are_its_own_decorated_or_not() -> None:
    """A proxy that says that it is a function is not, nor is one of another package."""

    @contextmanager
    def decorated() -> Any:
        yield

    assert is_own(Client.name, __name__)
    assert is_own(decorated, __name__)
    assert not is_own(WRAPPERS["wrapt"](Client.name), __name__)  # type: ignore[no-untyped-call]
    assert not is_own(Client.name, "openai._base_client")
    assert isinstance(copy_of(Client.name), FunctionType)
