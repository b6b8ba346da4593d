"""HILT: one line, and every call to an LLM is logged as flat, private, priced, durable events.

>>> from hilt import instrument
>>> instrument()  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

from hilt._context import conversation, get_context
from hilt._setup import feedback, flush, instrument, uninstrument
from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import HILTError
from hilt.io.session import Session

if TYPE_CHECKING:
    from hilt.analysis.log import open_log

__all__ = [
    "Actor",
    "Content",
    "Event",
    "HILTError",
    "Metrics",
    "Session",
    "conversation",
    "feedback",
    "flush",
    "get_context",
    "instrument",
    "open_log",
    "uninstrument",
]


def __getattr__(name: str) -> Any:
    # What reads logs is imported when it is used: a program that only writes one needs none of it.
    if name == "open_log":
        from hilt.analysis.log import open_log

        return open_log
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
