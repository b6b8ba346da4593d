"""Commands try again as the sender does."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import SinkError
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.retry import COMMAND_ATTEMPTS, retried
from hilt.testing.sheets import Fault

from .conftest import HURRY, prompt_of, put


@pytest.mark.parametrize(
    "fault",
    [Fault("status", status=503), Fault("status", status=429, retry_after=0.1),
     Fault("status", status=500), Fault("html"), Fault("reset_before"), Fault("truncated"),
     Fault("timeout_before"), Fault("expired")],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)  # fmt: skip
@pytest.mark.parametrize("command", ["feedback", "read", "setup"])
@pytest.mark.slow_after(2)
def test_command_survives_faults_of_every_request(sheets, sink_of, command, fault):
    """Reads, writes and tokens."""
    sink = sink_of(columns=["message"], review=True)
    sink.open()
    put(sink, prompt_of("x"))
    assert sink.flush(10)
    sink.close()
    sheets.tokens.expire()
    for kind in ("token", "read", "read", "write"):
        sheets.faults.add(Fault(fault.kind, kind, 1, fault.status, retry_after=fault.retry_after))
    done = [*getattr(sink, command)()]

    assert len(done) == {"feedback": 0, "read": 1, "setup": 2}[command]


def test_refusal_and_endless_trouble_are_raised(sheets, sink_of):
    """At once, and in the end."""
    sink = sink_of(columns=["message"])
    sink.open()
    sheets.forbidden_reason = "BILLING_DISABLED"
    with pytest.raises(SinkError, match="Billing"):
        next(sink.feedback())
    sheets.forbidden_reason = ""
    sheets.faults.add(Fault("status", on="read", times=COMMAND_ATTEMPTS))

    with pytest.raises(SinkError, match="currently unavailable"):
        next(sink.feedback())
    assert [*sink.feedback()] == []


def test_waits_are_those_of_the_service():
    """Retry-After is heeded; each failure is one attempt."""
    failures = [CallError("x", kind="retryable", retry_after=0.0)] * 3

    def call() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert retried(call, HURRY, 4) == "done"
    failures[:] = [CallError("last", kind="unknown")] * 2
    with pytest.raises(CallError, match="last"):
        retried(call, HURRY, 2)


def test_no_wait_is_begun_that_ends_too_late(monkeypatch):
    """The failure is raised at once if the next attempt would come after the time for all."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)

    def call() -> None:
        raise CallError("busy", kind="retryable", retry_after=30.0)

    with pytest.raises(CallError, match="busy"):
        retried(call, HURRY, 4, longest_s=10.0)
    assert slept == []
    with pytest.raises(CallError, match="busy"):
        retried(call, HURRY, 4, longest_s=60.0)
    assert len(slept) == 3
