"""Quotas of the service: so many requests in a minute, and no more."""

from __future__ import annotations

import pytest

from hilt.testing.sheets.errors import ApiError
from hilt.testing.sheets.quota import Limits, Quota


def refused(quota: Quota, kind: str = "write", user: str = "ann") -> float | None:
    """When a refused request may be made again, in seconds; None for one that is taken."""
    try:
        quota.take(kind, user, "project")
    except ApiError as error:
        return error.retry_after
    return None


def test_as_many_requests_as_the_limit_are_taken_in_a_minute():
    """Of each user and kind; the next minute begins anew."""
    now = [120.0]
    quota = Quota(Limits(1, 2, None, None), lambda: now[0], retry_after=True, speed=2.0)

    assert [refused(quota) for _ in range(3)] == [None, None, 30.0]
    assert [refused(quota, "read") for _ in range(2)] == [None, 30.0]
    assert refused(quota, user="bob") is None
    now[0] = 150.0
    assert refused(quota) == 15.0
    now[0] = 180.0
    assert refused(quota) is None
    assert quota.refused == 3


def test_users_of_a_project_share_its_limit():
    """However few requests each of them makes; the message says which limit it was."""
    quota = Quota(Limits(None, 5, None, 2), lambda: 0.0)
    for user in ("ann", "bob"):
        quota.take("write", user, "project")

    with pytest.raises(ApiError, match="limit 'Write requests per minute' of service") as caught:
        quota.take("write", "eve", "project")
    assert caught.value.retry_after is None
    quota.take("write", "eve", "other")
