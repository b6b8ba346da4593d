"""Errors that come in the answer to a request that no adapter observes."""

from __future__ import annotations

import pytest

from hilt.providers.wire.answers import _MESSAGE, Head, _status_error, inflating


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "No."}}, "No."),
        ({"message": "No."}, "No."),
        ([{"error": {"message": "No."}}, {}], "No."),
        ({"error": "No."}, "No."),
        ("No.", "No."),
        ("x" * 10_000, "x" * _MESSAGE),
        ([], "HTTP status 503"),
        ({}, "HTTP status 503"),
        ({"error": {"message": 7}}, "HTTP status 503"),
        (None, "HTTP status 503"),
    ],
)
def test_message_of_an_error_wherever_it_is(body: object, message: str) -> None:
    """Providers have it in several places; without one, the status says what there is to say."""
    assert str(_status_error(Head(503, {}), body)) == message


@pytest.mark.parametrize(
    ("encoding", "is_known"),
    [(None, True), ("", True), ("identity", True), (" GZIP ", True), ("x-gzip", True),
     ("deflate", True), ("br", False), ("zstd", False)],
)  # fmt: skip
def test_compressions_that_are_taken_off(encoding: str | None, is_known: bool) -> None:
    """Those of the standard library."""
    headers = {} if encoding is None else {"content-encoding": encoding}

    assert (inflating(headers) is not None) is is_known
