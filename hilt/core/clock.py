"""The clocks that HILT reads; `hilt.testing.fixed` can stop those of timestamps and durations.

Call them through the module, ``clock.unix_nanos()``: a name imported from here stays the real
clock when a test replaces it.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

__all__ = ["monotonic_nanos", "steady_seconds", "unix_nanos"]

unix_nanos: Callable[[], int] = time.time_ns
"""Nanoseconds since the epoch, for timestamps."""

monotonic_nanos: Callable[[], int] = time.monotonic_ns
"""Nanoseconds of a clock that never goes back, for durations."""

steady_seconds: Callable[[], float] = functools.partial(time.monotonic)
"""Seconds of a clock that nothing stops, for waiting. Libraries that stop the time in tests replace
``time.monotonic`` in every module that has it, and code that waits by that would wait for ever."""
