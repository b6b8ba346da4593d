"""The one list of what has to be renewed in a forked child.

A forked child has the memory of its parent, but none of its other threads. A lock that one of
those held stays locked for ever, a thread that is "running" does not run, and a file's lock
belongs to the parent. The owner of one of these registers how to renew it::

    class Outbox:
        def __init__(self) -> None:
            self._renew()
            forks.on_fork(self._renew)

        def _renew(self) -> None:
            self._lock = threading.Lock()

A bound method does not keep its object alive: when the object goes, so does the entry. Plain
functions stay for good. Functions are called in the order in which they were registered, on the
only thread that the child has; if one raises, that is logged, and the others are still called.

`process` is an object that differs in each process. What a child must not carry on (a stream that
its parent reads) remembers it and compares::

    self._process = forks.process
    ...
    if self._process is not forks.process: ...  # begun by the parent
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Iterable
from types import MethodType

__all__ = ["on_fork", "process"]

_logger = logging.getLogger("hilt")

process: object = object()
"""Stands for this process; read it through the module, as ``forks.process``."""

has_forked = False
"""Whether this process has children; read it through the module, too."""

_Functions = dict[object, Callable[[], object]]

_before: _Functions = {}
_in_parent: _Functions = {}
_in_child: _Functions = {}


def on_fork(
    in_child: Callable[[], object],
    *,
    before: Callable[[], object] | None = None,
    in_parent: Callable[[], object] | None = None,
) -> None:
    """Call functions when this process forks.

    Args:
        in_child: Called in each child, before the fork returns there.
        before: Called before the fork; the latest registered first.
        in_parent: Called in the parent, before the fork returns there.
    """
    for functions, function in (
        (_in_child, in_child),
        (_before, before),
        (_in_parent, in_parent),
    ):
        if function is not None:
            _add(functions, function)


def _add(functions: _Functions, function: Callable[[], object]) -> None:
    key = object()
    if not isinstance(function, MethodType):
        functions[key] = function
        return
    method = function.__func__

    def forget(_: object) -> None:
        functions.pop(key, None)

    owner = weakref.ref(function.__self__, forget)

    def call_method() -> None:
        instance = owner()
        if instance is not None:
            method(instance)

    functions[key] = call_method


def _call(functions: Iterable[Callable[[], object]]) -> None:
    for function in functions:
        try:
            function()
        except Exception:
            _logger.warning("%r failed when the process forked", function, exc_info=True)


def _call_before() -> None:
    _call(reversed(list(_before.values())))


def _call_in_parent() -> None:
    global has_forked  # noqa: PLW0603 # it is a fact about the process
    has_forked = True
    _call(list(_in_parent.values()))


def _call_in_child() -> None:
    global process, has_forked  # the child is another process
    process, has_forked = object(), False
    _call(list(_in_child.values()))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_call_before, after_in_parent=_call_in_parent, after_in_child=_call_in_child
    )
