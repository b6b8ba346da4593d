"""The guard: internal errors are counted and logged."""

from __future__ import annotations

import logging

import pytest

from hilt.core import guard as guard_module
from hilt.core.guard import Guard


@pytest.fixture
def guard():
    """A guard that has reported nothing."""
    return Guard()


def fail(guard: Guard, what: str) -> None:
    """Report an error."""
    try:
        raise ValueError("unexpected")
    except ValueError:
        guard.report(what)


def test_an_error_is_logged_with_its_traceback(guard, caplog):
    """Who maintains HILT can see where it came from; the program is not disturbed."""
    fail(guard, "reading a request")

    (record,) = caplog.records
    assert (record.name, record.levelname) == ("hilt", "WARNING")
    assert record.message == (
        "reading a request failed: the call goes on, its log may lack something"
    )
    assert record.exc_info[0] is ValueError


def test_each_place_is_logged_once_a_minute(guard, monkeypatch, caplog):
    """All errors are counted."""
    monkeypatch.setattr(guard_module, "monotonic", lambda: 0.0)
    for what in ("reading a request", "reading a request", "reading an answer"):
        fail(guard, what)
    monkeypatch.setattr(guard_module, "monotonic", lambda: 59.9)
    fail(guard, "reading a request")
    monkeypatch.setattr(guard_module, "monotonic", lambda: 60.0)
    fail(guard, "reading a request")

    assert guard.errors == 5
    assert [message.split(" failed")[0] for message in caplog.messages] == [
        "reading a request",
        "reading an answer",
        "reading a request",
    ]


def test_a_place_is_due_from_the_start_of_the_machine(guard, monkeypatch, caplog):
    """The clock may begin at 0; and a report leaves the lock free, whatever came of it."""
    for moment, count in ((0.0, 1), (30.0, 1), (60.0, 2), (119.0, 2)):
        monkeypatch.setattr(guard_module, "monotonic", lambda moment=moment: moment)
        fail(guard, "reading a request")
        assert len(caplog.messages) == count
        assert not guard._lock.locked()


def test_a_credential_in_a_traceback_is_not_logged(guard, caplog):
    """The text of the traceback is there without it."""
    try:
        raise ValueError("Bearer abc.def")
    except ValueError:
        guard.report("reading a request")

    (record,) = caplog.records
    first, _, trace = record.getMessage().partition("\n")
    assert first == "reading a request failed: the call goes on, its log may lack something"
    assert trace.startswith("Traceback")
    assert trace.endswith("ValueError: Bearer [redacted]\n")
    assert not record.exc_info


def test_a_finalizer_may_report_in_the_middle_of_a_report(guard, caplog):
    """It does not wait for the lock that its own thread holds; it is counted."""
    with guard._lock:
        fail(guard, "reading a request")

    assert guard.errors == 1
    assert caplog.messages == []


def test_a_broken_log_handler_does_no_harm(guard, monkeypatch):
    """Reporting never raises."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError

    handler = Broken()
    logging.getLogger("hilt").addHandler(handler)
    try:
        fail(guard, "reading a request")
    finally:
        logging.getLogger("hilt").removeHandler(handler)

    assert guard.errors == 1
