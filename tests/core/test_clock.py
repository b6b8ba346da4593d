"""The clocks."""

from __future__ import annotations

import time

from hilt.core import clock


def test_the_clocks_are_those_of_the_system():
    """Nanoseconds since the epoch, and nanoseconds that never go back."""
    assert abs(clock.unix_nanos() - time.time_ns()) < 1_000_000_000
    assert clock.monotonic_nanos() <= clock.monotonic_nanos()
