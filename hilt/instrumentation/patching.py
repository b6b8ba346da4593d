"""Putting wrappers around an SDK's functions, before or after its import, and taking them off."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from logging import getLogger
from types import FunctionType
from typing import Any, Protocol

from wrapt import register_post_import_hook

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.hooks import METHOD, FunctionHook, ResultHook
from hilt.instrumentation.sdk_functions import (
    copy_of,
    function_behind,
    is_generator,
    is_own,
)
from hilt.instrumentation.wrapping import FunctionPatch, observing

__all__ = ["Patches", "replaced_by", "sdk_function"]

_MISSING = object()


_logger = getLogger(__name__)


class _Patch(Protocol):
    def undo(self) -> None: ...


class _AttributePatch:
    """An attribute that a wrapper stands in, where there is no Python function to patch."""

    def __init__(self, owner: Any, name: str, wrapper: Any) -> None:
        self._owner = owner
        self._name = name
        self._original = _get(owner, name)
        self._wrapper = wrapper
        _set(owner, name, wrapper)

    def undo(self) -> None:
        """Put the original back. A wrapper that another library wrapped again passes through."""
        if _get(self._owner, self._name) is self._wrapper:
            _set(self._owner, self._name, self._original)


class Patches:
    """The wrappers of one engine. They come off as they went on: by identity."""

    def __init__(self, engine: Engine, targets: Sequence[Target]) -> None:
        self.engine = engine
        self._targets = targets
        self._done: list[_Patch] = []
        self._places: list[tuple[Any, str, FunctionType | None]] = []
        self._on = False

    def apply(self) -> None:
        """Wrap every target now, or as soon as its module is imported."""
        self._on = True
        for module in dict.fromkeys(target.module for target in self._targets):
            register_post_import_hook(self._on_import, module)

    def complete(self) -> None:
        """Wrap what is not wrapped: the functions of a module that was loaded anew."""
        for module in [sys.modules.get(target.module) for target in self._targets]:
            if module is not None:
                self._on_import(module)

    def _on_import(self, module: Any) -> None:
        # A hook cannot be taken back: after undo() it does nothing.
        if not self._on:
            return
        for target in self._targets:
            if target.module == module.__name__:
                try:
                    self._wrap(module, target)
                except Exception:
                    guard.report(f"instrumenting {target.module}.{target.path}")

    def _wrap(self, module: Any, target: Target) -> None:
        *path, name = target.path.split(".")
        owner = functools.reduce(lambda each, step: getattr(each, step, None), path, module)
        current = _get(owner, name)
        if current is _MISSING:
            if not target.optional:
                raise AttributeError(f"{target.module} has no {target.path}")
            return
        function = sdk_function(current, target)
        if self._is_wrapped(owner, name, function):
            return
        self._places.append((owner, name, function))
        if function is None or is_generator(function):
            _warn_of_replaced(current, target)
            wrapper = _wrapper(self.engine, target, current)
            self._done.append(_AttributePatch(owner, name, wrapper))
        else:
            original = copy_of(function)
            wrapper = _wrapper(self.engine, target, original)
            self._done.append(FunctionPatch(function, wrapper, original))

    def _is_wrapped(self, owner: Any, name: str, function: FunctionType | None) -> bool:
        """Whether a wrapper is there, also where that of another library stands around it."""
        return any(
            owner is place and name == known and (function is None or wrapped in (None, function))
            for place, known, wrapped in self._places
        )

    def undo(self) -> None:
        """Put the originals back."""
        self._on = False
        self._places.clear()
        self.engine.enabled = False
        while self._done:
            self._done.pop().undo()


def sdk_function(current: object, target: Target) -> FunctionType | None:
    """The SDK's own function, also where another library's wrapper stands in its place.

    None if it is not written in Python, or cannot be found behind what has replaced it.
    """
    if is_own(current, target.module):
        return current  # type: ignore[return-value]  # it is a function
    return function_behind(current, target.module, target.path)


def replaced_by(current: object, target: Target) -> str | None:
    """What hides the SDK's function, such as a wrapper of a foreign library; None if nothing does.

    Calls made through what hides it are logged only as long as nobody replaces HILT's wrapper.
    """
    if sdk_function(current, target) is not None:
        return None
    module = str(getattr(current, "__module__", None) or type(current).__module__)
    if module.partition(".")[0] == target.module.partition(".")[0]:
        return None  # the SDK's own, which is no Python function
    return f"{type(current).__module__}.{type(current).__qualname__}"


def _warn_of_replaced(current: object, target: Target) -> None:
    hidden_by = replaced_by(current, target)
    if hidden_by is not None:
        _logger.warning(
            "%s.%s was replaced by a %s before hilt.instrument(), and the SDK's own function cannot"
            " be found behind it: some calls may not be logged; call hilt.instrument() first",
            target.module, target.path, hidden_by,
        )  # fmt: skip


def _get(owner: Any, name: str) -> Any:
    """What a module or a class has of its own, or what a function holds in its closure."""
    if owner is None:
        return _MISSING
    cell = _cell_of(owner, name)
    return vars(owner).get(name, _MISSING) if cell is None else cell.cell_contents


def _set(owner: Any, name: str, value: Any) -> None:
    cell = _cell_of(owner, name)
    if cell is None:
        setattr(owner, name, value)
    else:
        cell.cell_contents = value


def _cell_of(owner: Any, name: str) -> Any:
    """The cell of a decorated function that holds the function under a name."""
    names = getattr(getattr(owner, "__code__", None), "co_freevars", ())
    return owner.__closure__[names.index(name)] if name in names else None


def _wrapper(engine: Engine, target: Target, original: Any) -> Callable[..., Any]:
    hook = METHOD if target.hook is None else target.hook
    if isinstance(hook, FunctionHook):
        return hook.wrap(engine, target, original)
    if not isinstance(hook, ResultHook):
        raise TypeError(f"{hook!r} is no hook; expected a method wrap() or observe()")
    return observing(engine, target, original, engine.begin, hook.observe)
