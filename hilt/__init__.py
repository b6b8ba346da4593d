"""HILT: one line, and every call to an LLM is logged as flat, private, priced, durable events.

>>> from hilt import instrument
>>> instrument()  # doctest: +SKIP
"""

from hilt._context import conversation, get_context
from hilt._setup import feedback, flush, instrument, uninstrument
from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import HILTError
from hilt.io.session import Session

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
    "uninstrument",
]
