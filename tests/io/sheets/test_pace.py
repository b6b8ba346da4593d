"""How fast: never more than the allowance, and patient after failures."""

from __future__ import annotations

import json
import time

from hypothesis import given
from hypothesis import strategies as st

from hilt.io.sheets.pace import Backoff, RateLimiter


def test_half_a_minute_may_go_at_once_and_the_rest_is_spread(tmp_path):
    """A burst is not held up, and a steady stream is never stopped for long."""
    limiter = RateLimiter(tmp_path / "writes.json", 60, 60.0)

    assert [limiter.take() for _ in range(30)] == [0.0] * 30
    assert 1.5 < limiter.take() <= 2.0


def test_minute_has_no_more_than_its_requests(tmp_path):
    """What was sent in the last minute counts, whoever sent it."""
    now = time.time()
    path = tmp_path / "writes.json"
    path.write_text(json.dumps([now - 59.0, *[now - 30.0] * 59]))

    assert 0.5 < RateLimiter(path, 60, 60.0).take() <= 1.0


def test_limiter_is_shared_and_survives_nonsense_in_its_file(tmp_path):
    """Two processes have one minute; a broken file or clock does not stop them."""
    path = tmp_path / "writes.json"
    path.write_text("{")
    assert RateLimiter(path, 2, 60.0).take() == 0.0
    assert RateLimiter(path, 2, 60.0).take() == 0.0
    assert RateLimiter(path, 2, 60.0).take() > 50.0

    path.write_text(json.dumps([time.time() + 3600] * 5))
    assert RateLimiter(path, 2, 60.0).take() == 0.0


@given(st.integers(0, 2000), st.floats(0, 30))
def test_backoff_stays_between_nothing_and_its_cap(failures, asked):
    """Waits grow to the cap and no further, and are never shorter than the service asks."""
    backoff = Backoff(1.0, 64.0)
    backoff.failures = failures

    assert 0 <= backoff.next() <= 64.0
    assert asked <= backoff.next(asked) <= asked + 1.0


def test_backoff_begins_anew_after_a_success():
    """One success forgets the failures."""
    backoff = Backoff(1.0, 64.0)
    for _ in range(10):
        backoff.next()
    backoff.reset()

    assert backoff.next() <= 1.0
