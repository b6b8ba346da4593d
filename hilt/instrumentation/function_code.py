"""Patching a function by its code, so that whoever has the function calls the wrapper.

Other instrumentations wrap ``request`` of a subclass, of one client, or of the class itself, and
keep the SDK's function as it was at that moment. An attribute that is replaced later, or before
they put theirs back, is never called. So the function object stays where it is and only its code
changes: methods that were bound, subclasses that were wrapped and names that were imported before
it reach the wrapper as well, in every order, and nothing is left behind when it comes off.
"""

from __future__ import annotations

import functools
import gc
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

__all__ = ["FunctionPatch", "copy_of", "function_behind", "is_generator", "is_own"]

_WRAPPER = "the wrapper"
_LIMIT = 500
_DECORATORS = frozenset({"contextlib", "functools"})  # modules of functions that an SDK decorated


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


def _code_calling(wrapper: Callable[..., Any], code: CodeType) -> CodeType:
    """Code that calls a wrapper, for a function that has this code."""
    template = _awaiting if inspect.iscoroutinefunction(wrapper) else _calling
    constants = template.__code__.co_consts
    return template.__code__.replace(
        co_consts=tuple(wrapper if each == _WRAPPER else each for each in constants),
        co_freevars=code.co_freevars,  # a function's closure has as many cells as its code names
        co_name=code.co_name,
    )


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
