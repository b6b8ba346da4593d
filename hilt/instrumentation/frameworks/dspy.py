"""DSPy: the program that runs, and which of its modules calls."""

from __future__ import annotations

from itertools import pairwise
from typing import Any
from uuid import uuid4

from hilt._context import FrameworkContext
from hilt.core.bounded import BoundedDict
from hilt.instrumentation.frameworks.current_frames import frames_of
from hilt.instrumentation.frameworks.run_steps import RunSteps

__all__ = ["observe"]

_RUNS_LIMIT = 256


def observe(module: Any, _steps: RunSteps) -> _Programs:
    """Read the modules that are running, which DSPy keeps in its settings."""
    return _Programs(module.settings)


class _Programs:
    """The programs that run in this process.

    Each call of a module keeps the modules around it in a list of its own. That of a program, the
    outermost one, is the run; it is held until many other runs have begun, since another list may
    have the same identity after it is gone.
    """

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._runs: BoundedDict[int, tuple[list[Any], str]] = BoundedDict(_RUNS_LIMIT)

    def read(self) -> FrameworkContext | None:
        """The program is the agent, and the path to the module that calls is the node."""
        modules = self._settings.caller_modules
        if not isinstance(modules, list) or not modules:
            return None
        run = next((each for each in _lists() if len(each) == 1 and each[0] is modules[0]), None)
        return FrameworkContext(
            "dspy",
            run=None if run is None else self._id_of(run),
            agent=type(modules[0]).__name__,
            node=".".join(_name_in(*pair) for pair in pairwise(modules)) or None,
        )

    def _id_of(self, run: list[Any]) -> str:
        return self._runs.kept(id(run), (run, uuid4().hex))[1]

    def close(self) -> None:
        """Forget the runs; nothing was changed."""
        self._runs.clear()


def _lists() -> list[list[Any]]:
    """The lists of the calls around this, also of those that gave work to this thread."""
    found = []
    for _, code, frame in frames_of("dspy"):
        names = code.co_varnames + code.co_freevars
        if "caller_modules" in names:
            found.append(frame.f_locals.get("caller_modules"))
        elif "parent_overrides" in names:
            given = frame.f_locals.get("parent_overrides")
            found.append(given.get("caller_modules") if isinstance(given, dict) else None)
    return [each for each in found if isinstance(each, list)]


def _name_in(outer: object, inner: object) -> str:
    """The name by which a module has another: an attribute, or that of its class."""
    named = (name for name, value in vars(outer).items() if value is inner)
    return next(named, type(inner).__name__)
