"""Frameworks that have no observers for a whole process: what the functions that run here know.

The variables of the functions between a program and the SDK say which agent calls, in which
session. They are only read, and only where a framework is imported; nothing of it is patched.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

from hilt._context import FrameworkContext

__all__ = ["CurrentFrames", "FrameReader", "frames_of", "merged"]

FrameReader = Callable[[str, CodeType, FrameType], FrameworkContext | None]
"""Reads one frame, given the name of its module and its code: all that it says, or None."""

_MOST_FRAMES = 500


class CurrentFrames:
    """Reads the frames of a framework around a call.

    Args:
        package: The package of the framework.
        reader: Reads a frame of the package.
    """

    def __init__(self, package: str, reader: FrameReader) -> None:
        self._package = package
        self._reader = reader

    def read(self) -> FrameworkContext | None:
        """The agent is the one nearest to the call; the session and the run are the outermost."""
        context: FrameworkContext | None = None
        for each in frames_of(self._package):
            context = merged(context, self._reader(*each))
        return context

    def close(self) -> None:
        """Nothing was changed."""


def frames_of(package: str) -> Iterator[tuple[str, CodeType, FrameType]]:
    """The frames of a package around this, the innermost first: module, code and frame."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # the only way to a frame
    prefix = f"{package}."
    for _ in range(_MOST_FRAMES):
        if frame is None:
            return
        module = frame.f_globals.get("__name__")
        if isinstance(module, str) and module.startswith(prefix):
            yield module, frame.f_code, frame
        frame = frame.f_back


def merged(
    inner: FrameworkContext | None, outer: FrameworkContext | None
) -> FrameworkContext | None:
    """What two frames say: the agent of the inner one, the session and the run of the outer."""
    if inner is None or outer is None:
        return inner or outer
    return FrameworkContext(
        outer.framework,
        outer.conversation or inner.conversation,
        outer.user or inner.user,
        outer.run or inner.run,
        inner.agent or outer.agent,
        inner.node or outer.node,
    )
