"""Putting wrappers around an SDK's functions, before or after its import, and taking them off."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wrapt import register_post_import_hook

from hilt.core.guard import guard
from hilt.genai.values import Target
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.hooks import METHOD, FunctionHook, ResultHook
from hilt.instrumentation.wrapping import observing

__all__ = ["Patches"]

_MISSING = object()


@dataclass(slots=True)
class _Patch:
    owner: Any
    name: str
    original: Any
    wrapper: Any


class Patches:
    """The wrappers of one engine. They come off as they went on: by identity."""

    def __init__(self, engine: Engine, targets: Sequence[Target]) -> None:
        self.engine = engine
        self._targets = targets
        self._done: list[_Patch] = []
        self._on = False

    def apply(self) -> None:
        """Wrap every target now, or as soon as its module is imported."""
        self._on = True
        for module in dict.fromkeys(target.module for target in self._targets):
            register_post_import_hook(self._on_import, module)

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
        original = _get(owner, name)
        if original is _MISSING:
            if not target.optional:
                raise AttributeError(f"{target.module} has no {target.path}")
            return
        wrapper = _wrapper(self.engine, target, original)
        _set(owner, name, wrapper)
        self._done.append(_Patch(owner, name, original, wrapper))

    def undo(self) -> None:
        """Put the originals back. A wrapper that another library wrapped again passes through."""
        self._on = False
        self.engine.enabled = False
        while self._done:
            patch = self._done.pop()
            if _get(patch.owner, patch.name) is patch.wrapper:
                _set(patch.owner, patch.name, patch.original)


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
