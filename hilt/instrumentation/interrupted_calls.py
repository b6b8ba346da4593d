"""Calls that an interrupt cut short where no handler could see it.

A signal handler may raise between any two instructions of HILT's: after the prompt was written
and before the block that notes how the call ends, or while its ending is being written. Such a
call is dropped, so its finalizer looks after it; one that is in the traceback with which the
program ends is looked after at exit.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hilt.core.guard import guard
from hilt.genai.values import Failure
from hilt.instrumentation.observer import Ending, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hilt.instrumentation.engine import Call

__all__ = ["calls_in_last_traceback", "end_interrupted"]

_PROMPTS = frozenset({"prompt", "tool_result"})
_ENDINGS = frozenset({"completion", "embedding", "rerank", "system"})


def end_interrupted(call: Call, state: State) -> None:
    """Give a call that nobody refers to any more the ending that it lacks. Never raises.

    Args:
        call: Has begun, and its ending was not completed.
        state: How far it came.
    """
    try:
        if state is State.STREAMING:
            call.end(Ending.ABANDONED)
        elif state is State.SENT and (call.log is None or _lacks_ending(call)):
            call.end(Ending.RAISED, _interrupted())
        elif state is State.ENDED and call.log is not None and _lacks_ending(call):
            _complete(call)
    except Exception:
        guard.report("ending an interrupted call")


def calls_in_last_traceback(kind: type[Call]) -> Iterator[Call]:
    """The calls of a type in the frames of the exception that ended the program."""
    traceback = getattr(sys, "last_traceback", None)
    while traceback is not None:
        for value in list(traceback.tb_frame.f_locals.values()):
            if isinstance(value, kind):
                yield value
        traceback = traceback.tb_next


def _lacks_ending(call: Call) -> bool:
    """Whether a file has the prompt, and no ending."""
    log: Any = call.log  # a Log, which says what it has written if it is a Recorder
    actions = log.logged(call.observation) if hasattr(log, "logged") else set()
    return bool(actions & _PROMPTS) and not actions & _ENDINGS


def _complete(call: Call) -> None:
    """Write the ending again, whose reading or writing was interrupted."""
    observation = call.observation
    if observation.outcome is None:
        observation.failure = _interrupted()
        observation.outcome, observation.status_code = "cancelled", observation.failure.status_code
    if call.log is not None:
        call.log.end(observation)


def _interrupted() -> Failure:
    return Failure("cancelled", "", "interrupted", status_code=499, outcome="cancelled")
