"""Calls whose prompt or ending an interrupt cuts short.

A signal handler may raise between any two instructions, as that of Ctrl-C does. What was being
written then may be in the file or not, so the file is asked, and the call is left with a prompt
and one ending, or with neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hilt.core.event import ENDING_ACTIONS
from hilt.core.guard import guard
from hilt.genai.values import Failure
from hilt.instrumentation.observer import Ending

if TYPE_CHECKING:
    from hilt.genai.observation import Observation
    from hilt.instrumentation.engine import Call

__all__ = ["end_interrupted", "has_ending", "interruption", "lacks_ending", "note_interruption"]

_PROMPTS = frozenset({"prompt", "tool_result"})


def end_interrupted(call: Call, *, is_ending: bool) -> None:
    """Give a call the ending that it lacks. Never raises.

    Args:
        call: Is written by no other thread.
        is_ending: Whether the ending was cut short; else the prompt was.
    """
    try:
        if call.span is None and not lacks_ending(call.log, call.observation):
            return
        if is_ending:
            _write_ending(call)
        else:
            call.end(Ending.RAISED, interruption())
    except Exception:
        guard.report("ending an interrupted call")


def has_ending(call: Call) -> bool:
    """Whether a file has the ending of a call, which another process may have written."""
    log: Any = call.log
    return hasattr(log, "logged") and bool(log.logged(call.observation) & ENDING_ACTIONS)


def lacks_ending(log: Any, observation: Observation) -> bool:
    """Whether a file has the prompt, and no ending.

    Args:
        log: A `Log`, which says what it has written if it is a `Recorder`.
        observation: What is known of the call.
    """
    actions = log.logged(observation) if hasattr(log, "logged") else set()
    return bool(actions & _PROMPTS) and not actions & ENDING_ACTIONS


def note_interruption(observation: Observation) -> None:
    """That is how the call ended, if nothing else is known."""
    if observation.outcome is None:
        observation.failure = failure = interruption()
        observation.outcome, observation.status_code = failure.outcome, failure.status_code


def _write_ending(call: Call) -> None:
    note_interruption(call.observation)
    if call.span is not None:
        call.record()
    elif call.log is not None:
        call.log.end(call.observation)


def interruption() -> Failure:
    """Why a call ended of which no exception is there to be read."""
    return Failure("cancelled", "", "interrupted", status_code=499, outcome="cancelled")
