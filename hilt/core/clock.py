"""The two clocks that HILT reads; `hilt.testing.fixed` can stop them.

Call them through the module, ``clock.unix_nanos()``: a name imported from here stays the real
clock when a test replaces it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["monotonic_nanos", "unix_nanos"]

unix_nanos: Callable[[], int] = time.time_ns
"""Nanoseconds since the epoch, for timestamps."""

monotonic_nanos: Callable[[], int] = time.monotonic_ns
"""Nanoseconds of a clock that never goes back, for durations."""
