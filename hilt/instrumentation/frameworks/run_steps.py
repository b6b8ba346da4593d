"""The steps that a framework reports, written to the conversation of the run they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hilt._context import current_conversation
from hilt.core.bounded import BoundedDict
from hilt.recording.conversation_ids import unread_id
from hilt.recording.step_events import Step, begin_step, end_step

if TYPE_CHECKING:
    from hilt._context import FrameworkContext
    from hilt.recording.event_fields import EventDict
    from hilt.recording.history import History
    from hilt.recording.writer import Recorder

__all__ = ["Framework", "RunSteps"]

_MOST_RUNS = 1000


class Framework(Protocol):
    """A framework that is observed."""

    def read(self) -> FrameworkContext | None:
        """What it knows of a call that is made here and now."""

    def close(self) -> None:
        """Leave it as it was."""


class RunSteps:
    """Writes steps when they have ended; one that ends before any call waits for the first.

    Args:
        recorder: Writes them.
        capture_content: Whether what they say is kept.
    """

    def __init__(self, recorder: Recorder, *, capture_content: bool = True) -> None:
        self._recorder = recorder
        self._capture_content = capture_content
        self._waiting: BoundedDict[str, list[tuple[Step, FrameworkContext]]] = BoundedDict(
            _MOST_RUNS
        )

    def add(self, step: Step, of: FrameworkContext) -> None:
        """Write a step that has ended, now or when the conversation of its run is known."""
        step.capture_content = self._capture_content
        step.provenance = of.provenance
        step.agent = of.agent
        step.session_id = current_conversation().id or of.conversation or ""
        if of.run is None:
            self._write(step, of, last=True)
            return
        self._waiting.kept(of.run, []).append((step, of))
        self._flush(of.run, last=False)

    def end(self, run: str) -> None:
        """Write what still waits: the run is over."""
        self._flush(run, last=True)

    def _flush(self, run: str, *, last: bool) -> None:
        for step, of in self._waiting.pop(run, []):
            self._write(step, of, last=last)

    def _write(self, step: Step, of: FrameworkContext, *, last: bool) -> None:
        def events_of(step: Step, history: History) -> list[EventDict]:
            known = step.session_id or history.conversation_of_run(of)
            if known is None and not last and of.run is not None:
                self._waiting.kept(of.run, []).append((step, of))
                return []
            step.session_id = known or unread_id(None)
            begun = begin_step(step, history) if step.kind == "tool" else []
            return begun + end_step(step, history)

        self._recorder.step(step, None, events_of)
