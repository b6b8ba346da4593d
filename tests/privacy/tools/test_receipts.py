"""Receipts: one for each run that has changed a log, wherever it ended."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hilt import Session, open_log
from hilt.core.exceptions import SinkError
from hilt.io.descriptors import Descriptor
from hilt.io.read.events import read_events
from hilt.privacy.policy import Policy
from hilt.privacy.tools import places, receipts, rewriting
from hilt.privacy.tools.places import LogPlace
from hilt.privacy.tools.receipts import Receipt, WaitingReceipt, waiting_elsewhere
from hilt.privacy.tools.redaction import redact_log
from hilt.privacy.tools.retention import cutoff_of, retain
from tests.privacy.tools.conftest import ANN, conversation_of

needs_forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="a child is killed")
INTERRUPTED = {"tool": "redact", "interrupted": True, "why": "rule 3"}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with an address in it, and a rotated part."""
    path = tmp_path / "app.jsonl"
    with Session(path, rotate_bytes=1500, compress=False) as session:
        session.append_all(conversation_of("ann", "s1", f"I am {ANN}"))
        session.append_all(conversation_of("bob", "s2", f"Who is {ANN}?"))
    return path


def receipts_in(log: Path) -> list[dict[str, Any]]:
    """What the receipts of a log say, but for by whom."""
    found = [
        (each.event_id, dict(each.extensions["receipt"]))
        for each in read_events(log, include_rotated=True)
        if "receipt" in (each.extensions or {})
    ]
    assert len(dict(found)) == len(found)
    for _, receipt in found:
        del receipt["by"]
    return [receipt for _, receipt in found]


def waiting(log: Path) -> list[str]:
    """The names of files in which receipts wait."""
    return [each.name for each in log.parent.glob("*.receipt")]


def redact(log: Path) -> int:
    """How many events were redacted."""
    return redact_log(log, Policy(), why="rule 3").changed


def die(*_: object) -> None:
    """End a process as a kill does."""
    os._exit(9)


def killed(patch: Callable[[], object], run: Callable[[], object]) -> None:
    """Run something in a child that is killed on the way."""
    child = os.fork()
    if child == 0:
        patch()
        run()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@needs_forks
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_run_that_was_killed_after_its_change_has_a_receipt(log: Path) -> None:
    """The next run writes it, whichever tool that is, and once."""
    killed(lambda: setattr(places, "append_event", die), lambda: redact(log))
    assert receipts_in(log) == []
    assert len(waiting(log)) == 1

    retain(log, cutoff_of("2000-01-01"))
    assert receipts_in(log) == [INTERRUPTED]
    assert waiting(log) == []
    assert redact(log) == 0
    assert receipts_in(log) == [INTERRUPTED]


@needs_forks
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_run_that_was_killed_in_the_middle_is_done_by_the_next(log: Path) -> None:
    """The rest has a receipt of its own."""

    def die_at_second_file() -> None:
        replace = Path.replace

        def once(path: Path, target: Path) -> Path:
            Path.replace = die  # type: ignore[method-assign, assignment]
            return replace(path, target)

        Path.replace = once  # type: ignore[method-assign, assignment]

    killed(die_at_second_file, lambda: redact(log))

    assert redact(log) > 0
    assert [each.get("interrupted") for each in receipts_in(log)] == [True, None]
    assert ANN.encode() not in b"".join(each.read_bytes() for each in log.parent.glob("app*"))


@needs_forks
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_run_that_was_killed_after_its_receipt_has_one(log: Path) -> None:
    """It says what was done, and is not written again."""
    killed(lambda: setattr(receipts, "_delete", die), lambda: redact(log))
    assert len(waiting(log)) == 1

    assert redact(log) == 0
    (receipt,) = receipts_in(log)
    assert receipt["events"] > 0
    assert waiting(log) == []


def test_interrupted_run_says_so_at_once(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C after a file was put in the place of another; nothing is left beside the log."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rewriting, "sync_folder", interrupt)
    with pytest.raises(KeyboardInterrupt):
        redact(log)

    assert receipts_in(log) == [INTERRUPTED]
    assert waiting(log) == []


def test_run_that_changes_nothing_leaves_nothing(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor one that is interrupted before it changes anything."""

    def interrupt(*_: object, packed: bool) -> None:
        raise KeyboardInterrupt

    before = {each.name: each.read_bytes() for each in log.parent.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(rewriting, "_new_file", interrupt)
        with pytest.raises(KeyboardInterrupt):
            redact(log)
    retain(log, cutoff_of("2000-01-01"))

    after = {each.name: each.read_bytes() for each in log.parent.iterdir()}
    assert after == {**before, "app.jsonl.lock": b""}


def test_receipt_that_cannot_be_kept_forbids_the_change(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: the log stays as it was."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    before = log.read_bytes()
    monkeypatch.setattr(receipts.os, "write", full)
    with pytest.raises(SinkError, match="the receipt cannot be written: No space left on device"):
        WaitingReceipt(log, Receipt("redact"), LogPlace(log).append).write()
    monkeypatch.setattr(WaitingReceipt, "write", full)
    with pytest.raises(SinkError, match="No space left on device"):
        redact(log)

    assert log.read_bytes() == before


def test_receipt_of_a_run_that_goes_on_is_left_alone(log: Path) -> None:
    """It belongs to another process; so does one that is not locked yet."""
    other = log.with_name("app.jsonl.evt_1.receipt")
    other.write_bytes(Receipt("erase").of_interrupted())
    (log.parent / "app.jsonl.evt_2.receipt").touch()
    with Descriptor(str(other), os.O_RDWR) as running:
        running.lock()
        assert redact(log) > 0

    assert [each["tool"] for each in receipts_in(log)] == ["redact"]
    assert sorted(waiting(log)) == ["app.jsonl.evt_1.receipt", "app.jsonl.evt_2.receipt"]
    redact(log)
    assert sorted(each["tool"] for each in receipts_in(log)) == ["erase", "redact"]


def test_receipt_that_was_torn_is_deleted(log: Path) -> None:
    """It was not on the disk, so nothing had been changed."""
    log.with_name("app.jsonl.evt_1.receipt").write_bytes(b'{"hilt_ver')
    (log.parent / "app.jsonl.notes.receipt").write_bytes(b"somebody's")
    redact(log)

    assert [each["tool"] for each in receipts_in(log)] == ["redact"]
    assert waiting(log) == ["app.jsonl.notes.receipt"]


def test_what_has_no_folder_has_its_receipts_in_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each place has files of its own there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    first = waiting_elsewhere("s3://bucket/hilt")
    assert first.parent == tmp_path / "hilt" / "receipts"
    assert first != waiting_elsewhere("s3://bucket/other")
    with WaitingReceipt(first, Receipt("redact"), lambda _: None) as receipt:
        receipt.write()
        assert len(list(first.parent.iterdir())) == 1
    assert list(first.parent.iterdir()) == []


def test_a_receipt_is_no_call(log):
    """It has no outcome, which would make it the ending of a call."""
    calls = [call.id for call in open_log(log).calls()]
    redact(log)

    assert [call.id for call in open_log(log).calls()] == calls
    assert open_log(log).stats().total.calls == len(calls) > 0


def test_file_that_is_another_by_now_is_left_alone(log: Path) -> None:
    """Whoever made it works on it; nor is one that somebody has locked."""
    path, other = log.with_name("app.jsonl.evt_1.receipt"), log.with_name("other")
    path.write_bytes(b"{}")
    with Descriptor(str(path), os.O_RDWR) as file:
        assert receipts._is_left(file, path)
        other.write_bytes(b"{}")
        assert not receipts._is_left(file, other)
    with Descriptor(str(path), os.O_RDWR) as running:
        running.lock()
        os.utime(path, (0, 0))
        with Descriptor(str(path), os.O_RDWR) as file:
            assert not receipts._is_left(file, path)


def test_whose_name_is_not_known_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without a name for its user."""

    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert receipts._user() == "unknown"
