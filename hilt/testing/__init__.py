"""What a program that logs with HILT is tested with: a memory sink, fixed ids, a fixed clock."""

from hilt.testing.fixed import FixedClock, fixed
from hilt.testing.memory import MemorySink

__all__ = ["FixedClock", "MemorySink", "fixed"]
