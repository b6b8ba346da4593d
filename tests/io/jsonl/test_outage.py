"""What is logged while a file cannot be written."""

from __future__ import annotations

import errno
import os

import pytest

from hilt.io.jsonl.outage import Outage

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_an_outage_is_logged_once(caplog):
    """However often the file is tried; the reason may change."""
    outage = Outage("a.jsonl")
    assert not outage
    outage.begin(NO_SPACE)
    outage.begin(OSError("gone"))

    assert outage
    assert outage.reason == "gone"
    assert caplog.messages == [
        (
            "a.jsonl cannot be written: No space left on device; "
            "events wait in memory (at most 16777216 bytes) until it can"
        )
    ]


@pytest.mark.parametrize(
    ("lost", "outcome"),
    [(0, "nothing was lost"), (1, "lost meanwhile: 1 event"), (2, "lost meanwhile: 2 events")],
)
def test_the_end_of_an_outage_is_logged(caplog, lost, outcome):
    """With what was lost; the next one is a new one."""
    outage = Outage("a.jsonl")
    outage.begin(NO_SPACE)
    outage.end(lost)
    outage.begin(NO_SPACE)

    assert caplog.messages[1] == f"a.jsonl can be written again; {outcome}"
    assert len(caplog.messages) == 3


@pytest.mark.parametrize(
    ("lost", "messages"),
    [
        (0, []),
        (1, ["1 event could not be written to a.jsonl: No space left on device"]),
        (3, ["3 events could not be written to a.jsonl: No space left on device"]),
    ],
)
def test_what_was_never_written_is_logged(caplog, lost, messages):
    """When the log is closed, and if anything is missing."""
    outage = Outage("a.jsonl")
    outage.begin(NO_SPACE)
    caplog.clear()
    outage.give_up(lost)

    assert caplog.messages == messages
    assert not outage
