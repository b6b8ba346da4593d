"""The object of LangChain's that lives exactly as long as the run of a model.

LangChain reports the end of a run from a ``try`` that does not enclose all of it. An interrupt
that falls beside it ends the run without a report, and everything that came later in the thread
would seem to be part of that run. The callback manager is made for the one run and referred to by
the frame that runs the model only: when it goes, the run is over.
"""

from __future__ import annotations

import sys
from types import FrameType

__all__ = ["current_manager"]

_MANAGERS = "langchain_core.callbacks"
_MODELS = "langchain_core.language_models"
_OWN = "hilt."
_DEPTH = 12


def current_manager() -> object | None:
    """The manager that reports to a handler at the moment, if LangChain runs the model itself."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # the documented way to a frame
    manager: object | None = None
    for _ in range(_DEPTH):
        if frame is None:
            return None
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(_MANAGERS):
            manager = frame.f_locals.get("self")
        elif not module.startswith(_OWN):
            return manager if module.startswith(_MODELS) else None
        frame = frame.f_back
    return None
