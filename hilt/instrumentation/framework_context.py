"""What the frameworks of this process know of a call that one of them makes now."""

from __future__ import annotations

from hilt._context import FRAMEWORK_READERS
from hilt.core.guard import guard
from hilt.genai.observation import Observation

__all__ = ["add_framework_context"]


def add_framework_context(call: Observation) -> None:
    """Give a call what the framework knows; what the program itself has set stays. Never raises."""
    for read in tuple(FRAMEWORK_READERS):
        try:
            found = read()
        except Exception:
            guard.report("reading the context of a framework")
            continue
        if found is not None:
            call.framework = found
            call.conversation = call.conversation or found.conversation
            call.user = call.user or found.user
            return
