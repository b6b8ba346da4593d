"""What a server's refusal is called in the log, for every provider's SDK."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from hilt.testing.provider import Provider
from tests.conftest import Log
from tests.instrumentation.shapes import Shapes, all_shapes

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

CODES = {
    400: "invalid_request",
    401: "authentication",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    413: "invalid_request",
    422: "invalid_request",
    429: "rate_limit",
    500: "server_error",
    502: "server_error",
    503: "overloaded",
    529: "overloaded",
}


def _shapes() -> list[Any]:
    return [pytest.param(shapes, id=shapes.name) for shapes in all_shapes()]


@pytest.mark.parametrize("shapes", _shapes())
def test_statuses(shapes: Shapes) -> None:
    """Every status has its code, the server's number, and one attempt."""
    log = Log()
    hilt.instrument(session=log.session, **shapes.arguments)
    seen: dict[int, str] = {}
    try:
        for status in CODES:
            with shapes.server() as provider:
                provider.fail(status=status, times=None)
                error = _fail(shapes, provider)
            if isinstance(error, AttributeError):  # voyageai trips over 529 by itself
                log.clear()
                continue
            facts = log.ending["extensions"]
            assert facts["status_code"] == status
            assert facts["outcome"] == "failed"
            if shapes.retries and shapes.counts_attempts:
                assert facts["attempts"] == 1
            seen[status] = facts["error_code"]
            log.clear()
    finally:
        hilt.uninstrument()
        log.session.close()

    assert seen == {status: CODES[status] for status in seen}
    assert set(CODES) - set(seen) <= {529}
    assert log.internal_errors == 0


@pytest.mark.parametrize("shapes", _shapes())
def test_retry_after(shapes: Shapes) -> None:
    """How long the server asks to wait is in the event, where the exception carries headers."""
    log = Log()
    hilt.instrument(session=log.session, **shapes.arguments)
    try:
        with shapes.server() as provider:
            provider.fail(status=429, retry_after=7, times=None)
            error = _fail(shapes, provider)
    finally:
        hilt.uninstrument()
        log.session.close()

    headers = getattr(getattr(error, "response", None), "headers", None)
    asked = log.ending["extensions"].get("retry_after_s")
    assert asked == (7.0 if headers is not None else asked)
    assert log.ending["extensions"]["error_code"] == "rate_limit"


def _fail(shapes: Shapes, provider: Provider) -> BaseException:
    try:
        shapes.create(shapes.client(provider.url, False))
    except Exception as error:
        return error
    raise AssertionError("the provider was told to fail")


@pytest.fixture(autouse=True)
def sockets_of_dropped_clients() -> Iterator[None]:
    """Collect them here, where their warnings are let be."""
    yield
    gc.collect()
