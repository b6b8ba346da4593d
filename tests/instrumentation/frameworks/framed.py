"""Functions that run in a module of a framework, with its names and variables."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from inspect import isfunction
from typing import Any

__all__ = ["framed"]


def framed(module: str, source: str) -> Callable[..., Any]:
    """The only function of a source text, as if a module had defined it."""
    names: dict[str, Any] = {"__name__": module}
    exec(textwrap.dedent(source), names)  # the sources are those of the tests
    return next(each for each in names.values() if isfunction(each))
