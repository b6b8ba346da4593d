"""Frames of a package, and what two of them say together."""

from __future__ import annotations

from hilt._context import FrameworkContext
from hilt.instrumentation.frameworks.current_frames import CurrentFrames, frames_of, merged
from tests.instrumentation.frameworks.framed import framed

CALL = "def work(call): return call()"


def test_frames_of_a_package() -> None:
    """The innermost is first; a package whose name only begins alike is another one."""
    inner, outer, other = (framed(name, CALL) for name in ("acme.a", "acme.b", "acmes.c"))

    found = outer(lambda: other(lambda: inner(lambda: [each[0] for each in frames_of("acme")])))

    assert found == ["acme.a", "acme.b"]


def test_deep_stack_is_not_walked_to_its_end() -> None:
    """A call is not held up by a recursion of thousands of frames."""

    def deep(depth: int) -> object:
        return list(frames_of("acme")) if depth == 0 else deep(depth - 1)

    assert framed("acme.a", CALL)(lambda: deep(600)) == []


def test_merged() -> None:
    """The agent of the inner frame, the session and the run of the outer one."""
    inner = FrameworkContext("f", "s2", "bob", "r2", "Inner", "step 2")
    outer = FrameworkContext("f", "s1", None, "r1", "Outer")

    assert merged(inner, outer) == FrameworkContext("f", "s1", "bob", "r1", "Inner", "step 2")
    assert merged(inner, None) == merged(None, inner) == inner
    assert merged(None, None) is None


def test_nothing_is_changed() -> None:
    """There is nothing to take back."""
    frames = CurrentFrames("acme", lambda *_: None)
    frames.close()

    assert frames.read() is None
