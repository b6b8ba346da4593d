"""The functions of an SDK: found within the wrappers of other libraries, and copied."""

from __future__ import annotations

import functools
import gc
import inspect
from collections.abc import Iterator
from types import FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["copy_of", "function_behind", "is_generator", "is_own"]

_LIMIT = 500
_DECORATORS = frozenset({"contextlib", "functools"})  # modules of functions that an SDK decorated


def copy_of(function: FunctionType) -> FunctionType:
    """A function that does what this one does now, whatever becomes of its code."""
    copied = FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copied.__kwdefaults__ = function.__kwdefaults__
    functools.update_wrapper(copied, function)
    del copied.__wrapped__  # type: ignore[attr-defined]  # it wraps nothing; it is the same
    vars(copied).update(vars(function))
    return copied


def is_generator(function: FunctionType) -> bool:
    """Whether a function is a generator function, whose code stays as it is.

    Python 3.13 and later deprecate to give it that of a plain function; and code of its own kind
    would hide from the wrapper's generator whether its reader closes or drops it.
    """
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def is_own(value: object, module: str) -> bool:
    """Whether a value is a Python function of a module's package, decorated or not.

    A proxy of a function says that it is a function: only its true type tells.
    """
    if type(value) is not FunctionType:
        return False
    defined_in = value.__globals__.get("__name__", "")
    return defined_in in _DECORATORS or _package(defined_in) == _package(module)


def function_behind(value: object, module: str, path: str) -> FunctionType | None:
    """The SDK's own function in a wrapper that another library put in its place, or None.

    Args:
        value: What stands in the function's place.
        module: The module that the function was defined in.
        path: Its path there, ``SyncAPIClient.request``.
    """
    queue, met = [value], {id(value)}
    for node in queue:  # breadth first: the nearest one is the one that the wrapper calls
        if is_own(node, module) and _is_named(node, path):
            return node  # type: ignore[return-value]  # is_own() says that it is a function
        for each in _referents(node):
            if id(each) not in met and len(queue) < _LIMIT:
                met.add(id(each))
                queue.append(each)
    return None


def _package(module: str) -> str:
    return module.partition(".")[0]


def _is_named(function: Any, path: str) -> bool:
    name = function.__qualname__
    return bool(path == name or path.startswith(f"{name}."))


def _referents(node: object) -> Iterator[object]:
    """What a wrapper may hold a function by: closures, bound methods, attributes."""
    if type(node) is FunctionType:
        yield from node.__closure__ or ()
        yield from (vars(node), node.__defaults__, node.__kwdefaults__)
    elif type(node) is MethodType:
        yield from (node.__func__, node.__self__)
    elif not isinstance(node, (type, ModuleType, str, bytes)):
        yield from gc.get_referents(node)
