"""Wrappers around an SDK's functions, each written for plain functions and for coroutines.

They are the only code in a call's way: they begin to observe it, make it, and return its result.

A function is patched by its code. Other instrumentations wrap ``request`` of a subclass, of one
client, or of the class itself, and keep the SDK's function as it was at that moment. An attribute
that is replaced later, or before they put theirs back, is never called. So the function object
stays where it is and only its code changes: methods that were bound, subclasses that were wrapped
and names that were imported before it reach the wrapper as well, in every order, and nothing is
left behind when it comes off.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from types import CodeType, FunctionType
from typing import Any, ParamSpec, TypeVar

from hilt._context import ACTIVE, put_back
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.enclosing_calls import (
    ENCLOSING,
    call_with,
    call_with_async,
    is_twin,
)
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.observer import CallObserver, Ending

__all__ = ["OBSERVER_VARIABLES", "FunctionPatch", "Watch", "observing", "watching"]

_WRAPPER = "the wrapper"

P = ParamSpec("P")
R = TypeVar("R")
ObserverT = TypeVar("ObserverT", bound=CallObserver)
Watch = Callable[[tuple[Any, ...], dict[str, Any]], CallObserver | None]
"""Given the arguments of a function, the observer of what it returns or raises, or None."""

OBSERVER_VARIABLES: dict[ContextVar[Any], None] = {ACTIVE: None}
"""The variables that hold the observer of a call in progress, in the order of their use."""


def observing(
    engine: Engine,
    target: Target,
    original: Callable[P, R],
    begin: Callable[[Arguments], ObserverT | None],
    observe: Callable[[ObserverT, R], R],
    *,
    variable: ContextVar[Any] = ACTIVE,
    is_method: bool = True,
) -> Callable[P, R]:
    """A wrapper of a function that makes calls, with an observer of each.

    While it runs, the observer is current. What begins meanwhile is observed as well, unless it is
    the same call: see `hilt.instrumentation.enclosing_calls`.

    Args:
        engine: Whose calls are observed, while it is enabled.
        target: Says which function it is.
        original: The function, or coroutine function.
        begin: The observer of a call; None does not observe it. Never raises.
        observe: Is given what the function returned, and returns it. Never raises.
        variable: Holds the observer.
        is_method: Whether the first argument is ``self``.
    """
    OBSERVER_VARIABLES[variable] = None
    if inspect.iscoroutinefunction(original):
        wrapper: Callable[P, R] = _observing_async(
            engine, target, original, begin, observe, variable, is_method
        )
        return wrapper

    @functools.wraps(original)
    def observed(*args: P.args, **kwargs: P.kwargs) -> R:
        if not engine.enabled:
            return original(*args, **kwargs)
        enclosing, previous = ENCLOSING.get(), variable.get()
        if enclosing is not None and enclosing.includes(engine):
            return enclosing.make(engine, original, *args, **kwargs)
        if previous is not None and _is_observed(previous, engine, args, kwargs):
            return original(*args, **kwargs)
        instance, rest = (args[0], args[1:]) if is_method else (None, args)
        observer = begin(Arguments(target, instance, rest, kwargs))
        if observer is None:
            if previous is None:
                return original(*args, **kwargs)
            return call_with(variable, None, original, *args, **kwargs)
        try:
            variable.set(observer)  # within: an interrupt right after it must not leave it set
            result = original(*args, **kwargs)
            variable.set(previous)
            return observe(observer, result)
        except BaseException as error:
            variable.set(previous)
            observer.end(Ending.RAISED, error)
            raise

    return observed


def _observing_async(
    engine: Engine,
    target: Target,
    original: Any,
    begin: Callable[[Arguments], ObserverT | None],
    observe: Callable[[ObserverT, Any], Any],
    variable: ContextVar[Any],
    is_method: bool,  # as of `observing`
) -> Any:
    @functools.wraps(original)
    async def observed(*args: Any, **kwargs: Any) -> Any:
        if not engine.enabled:
            return await original(*args, **kwargs)
        enclosing, previous = ENCLOSING.get(), variable.get()
        if enclosing is not None and enclosing.includes(engine):
            return await enclosing.make_async(engine, original, *args, **kwargs)
        if previous is not None and _is_observed(previous, engine, args, kwargs):
            return await original(*args, **kwargs)
        instance, rest = (args[0], args[1:]) if is_method else (None, args)
        observer = begin(Arguments(target, instance, rest, kwargs))
        if observer is None:
            if previous is None:
                return await original(*args, **kwargs)
            return await call_with_async(variable, None, original, *args, **kwargs)
        try:
            variable.set(observer)
            result = await original(*args, **kwargs)
            put_back(variable, observer, previous)
            return observe(observer, result)
        except BaseException as error:
            put_back(variable, observer, previous)
            observer.end(Ending.RAISED, error)
            raise

    return observed


def _is_observed(
    current: Any, engine: Engine, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    """Whether the function is called for the current observer's call.

    An SDK calls it again for another attempt, or hands the request on from one observed function
    to another, or two engines observe the same function.
    """
    is_retried_by = getattr(current, "is_retried_by", None)
    if is_retried_by is not None and current.engine is engine:
        return bool(is_retried_by(kwargs))
    other = getattr(current, "engine", None)
    if other is engine:
        return _hands_on(getattr(current, "arguments", None), args[1:], kwargs)
    return other is not None and is_twin(other, engine)


def _hands_on(given: Arguments | None, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether one of the objects that are passed is among those that were given, or a copy."""
    if given is None:
        return False
    known = _own_objects((*given.args, *given.kwargs.values()))
    return not known.isdisjoint(_own_objects((*args, *kwargs.values())))


def _own_objects(values: tuple[object, ...]) -> set[int]:
    """The identities of what is made for one request: objects, and what a shallow copy shares.

    Classes and aliases of types are the same in many requests; an object with fields is not.
    """
    own: set[int] = set()
    for value in values:
        fields = getattr(value, "__dict__", None)
        if not fields or isinstance(value, type) or hasattr(value, "__origin__"):
            continue
        own.add(id(value))
        own.update(id(field) for field in fields.values() if field and isinstance(field, dict))
    return own


def watching(original: Callable[P, R], begin: Watch) -> Callable[P, R]:
    """A wrapper of a function that is part of a call, with an observer of its result.

    Args:
        original: The function, or coroutine function.
        begin: Gives the observer, if what comes of it matters. Never raises.
    """
    if inspect.iscoroutinefunction(original):
        wrapper: Callable[P, R] = _watching_async(original, begin)
        return wrapper

    @functools.wraps(original)
    def watched(*args: P.args, **kwargs: P.kwargs) -> R:
        observer = begin(args, kwargs)
        if observer is None:
            return original(*args, **kwargs)
        try:
            result = original(*args, **kwargs)
        except BaseException as error:
            observer.end(Ending.RAISED, error)
            raise
        observer.end(Ending.RETURNED, result)
        return result

    return watched


def _watching_async(original: Any, begin: Watch) -> Any:
    @functools.wraps(original)
    async def watched(*args: Any, **kwargs: Any) -> Any:
        observer = begin(args, kwargs)
        if observer is None:
            return await original(*args, **kwargs)
        try:
            result = await original(*args, **kwargs)
        except BaseException as error:
            observer.end(Ending.RAISED, error)
            raise
        observer.end(Ending.RETURNED, result)
        return result

    return watched


# -- patching ----------------------------------------------------------------------------------


def _calling(*args: Any, **kwargs: Any) -> Any:
    wrapper: Any = "the wrapper"
    return wrapper(*args, **kwargs)


async def _awaiting(*args: Any, **kwargs: Any) -> Any:
    wrapper: Any = "the wrapper"
    return await wrapper(*args, **kwargs)


class FunctionPatch:
    """A function whose code calls a wrapper, until it is undone.

    Args:
        function: The function to patch.
        wrapper: Is called in its place. It calls the original by a copy, from `copy_of`.
        original: That copy.
    """

    def __init__(
        self, function: FunctionType, wrapper: Callable[..., Any], original: FunctionType
    ) -> None:
        self._function = function
        self._code = function.__code__
        self._patched = _code_calling(wrapper, function.__code__)
        self._signed = "__wrapped__" not in vars(function)
        if self._signed:
            vars(function)["__wrapped__"] = original  # its signature is the function's still
        function.__code__ = self._patched

    def undo(self) -> None:
        """Put the code back, unless another library has replaced it since."""
        if self._function.__code__ is not self._patched:
            return
        self._function.__code__ = self._code
        if self._signed:
            vars(self._function).pop("__wrapped__", None)


def _code_calling(wrapper: Callable[..., Any], code: CodeType) -> CodeType:
    """Code that calls a wrapper, for a function that has this code."""
    template = _awaiting if inspect.iscoroutinefunction(wrapper) else _calling
    constants = template.__code__.co_consts
    return template.__code__.replace(
        co_consts=tuple(wrapper if each == _WRAPPER else each for each in constants),
        co_freevars=code.co_freevars,  # a function's closure has as many cells as its code names
        co_name=code.co_name,
    )
