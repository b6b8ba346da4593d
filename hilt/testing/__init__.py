"""What a program that logs with HILT is tested with: a memory sink, fixed ids, a provider."""

from hilt.testing.fixed import FixedClock, fixed
from hilt.testing.memory import MemorySink
from hilt.testing.provider import Provider

__all__ = ["FixedClock", "MemorySink", "Provider", "fixed"]
