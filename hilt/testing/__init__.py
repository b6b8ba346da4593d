"""For tests of programs that use HILT: a sink in memory, fixed ids and times, and a provider."""

from hilt.testing.call_log import CallLog
from hilt.testing.fixed import FixedClock, fixed
from hilt.testing.memory import MemorySink
from hilt.testing.provider import Provider, replaying

__all__ = ["CallLog", "FixedClock", "MemorySink", "Provider", "fixed", "replaying"]
