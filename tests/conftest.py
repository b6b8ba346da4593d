"""Fixtures that every suite may use."""

from __future__ import annotations

import errno
import gc
import importlib
import importlib.util
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings

import hilt
from hilt.core.event import Event
from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing.memory import MemorySink

ENDINGS = ("completion", "embedding", "rerank", "system")
"""Actions that end a call."""


settings.register_profile("few", max_examples=25, deadline=None)
settings.register_profile("many", max_examples=600, deadline=None)  # by .ci/run
settings.load_profile("few")


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what many interpreters import, also where none may leave a ``__pycache__``.

    Tests start hundreds of them, and a fresh environment is not compiled.
    """
    if hasattr(config, "workerinput") or not sys.dont_write_bytecode:
        return
    if Path(importlib.util.cache_from_source(pytest.__file__)).exists():
        return
    folder, patched = tempfile.mkdtemp(prefix="hilt-bytecode-"), pytest.MonkeyPatch()
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    config.add_cleanup(patched.undo)
    patched.setenv("PYTHONPYCACHEPREFIX", folder)
    patched.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """One more than there are cores: many tests wait, for a minute of a quota or for a process."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or not hasattr(os, "sched_getaffinity"):
        return None  # xdist's own number
    return len(os.sched_getaffinity(0)) + 1


def shared_folder() -> Path:
    """Where the recordings and tools beside the checkout are, whether or not they exist."""
    given = os.environ.get("HILT_SHARED")
    return Path(given) if given else Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def full_disk() -> Callable[[int], AbstractContextManager[None]]:
    """A disk that has room for a few more bytes, and takes a part of what is longer at first."""

    @contextmanager
    def full(room: int) -> Iterator[None]:
        write = os.write

        def write_what_fits(fd: int, data: bytes) -> int:
            nonlocal room
            if not room:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = write(fd, data[:room])
            room -= written
            return written

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(os, "write", write_what_fits)
            yield

    return full


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys for pseudonyms that are not this user's own."""
    with pytest.MonkeyPatch.context() as patched:
        path = tmp_path_factory.mktemp("keys") / "privacy.keys"
        patched.setenv("HILT_PRIVACY_KEY_FILE", str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_commit() -> Iterator[None]:
    """Events are the same at each commit of this repository."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("hilt.core.git_commit.is_hidden", True)
        yield


@pytest.hookimpl(wrapper=True)  # before ``--last-failed`` leaves out those that passed
def pytest_pycollect_makeitem() -> Generator[None, Any, Any]:
    """Mark the cases of a test that come after the first few, where it says so, as slow."""
    made = yield
    for number, item in enumerate(made if isinstance(made, list) else ()):
        mark = item.get_closest_marker("slow_after")
        if mark and number >= mark.args[0]:
            item.add_marker(pytest.mark.slow)
    return made


def pytest_collection_finish() -> None:
    """Leave the SDKs, which the test modules have imported, out of every collection to come."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Collect the clients that a module's tests dropped, and with them their sockets.

    Otherwise a later test, of something else, would be warned of them.
    """
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    gc.freeze()  # what is left lives on: an SDK that the module imported, say


RECORDINGS: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
"""By provider and api: recordings, recordings that passed, calls."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what a test says about its recording, here or in another process."""
    found: dict[str, Any] = dict(report.user_properties)
    if report.when == "call" and "recording" in found:
        row = RECORDINGS[tuple(found["recording"])]
        row[0] += 1
        row[1] += report.passed
        row[2] += found["calls"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the recordings by provider and api, where some were driven."""
    if not RECORDINGS:
        return
    write = terminalreporter.write_line
    write("")
    write(f"{'provider':14} {'api':30} {'recordings':>10} {'passed':>7} {'calls':>6}")
    for (provider, api), (count, passed, calls) in sorted(RECORDINGS.items()):
        write(f"{provider:14} {api:30} {count:10} {passed:7} {calls:6}")
    totals = [sum(row[index] for row in RECORDINGS.values()) for index in range(3)]
    write(f"{'all':14} {'':30} {totals[0]:10} {totals[1]:7} {totals[2]:6}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with recordings and tools; skips where there is none."""
    folder = shared_folder()
    if not (folder / "replay").is_dir():
        pytest.skip(f"no recordings in {folder}: put them there or set HILT_SHARED")
    return folder


@pytest.fixture(scope="session")
def replay(shared: Path) -> SimpleNamespace:
    """The modules of the replay tools: ``.server``, ``.drive`` and ``.wire``."""
    sys.path.insert(0, str(shared / "replay"))
    try:
        names = {"server": "replay_server", "drive": "drive", "wire": "wire"}
        return SimpleNamespace(
            **{key: importlib.import_module(name) for key, name in names.items()}
        )
    finally:
        sys.path.remove(str(shared / "replay"))


@pytest.fixture(scope="session", autouse=True)
def one_certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Clients trust one authority, which makes thousands of them much quicker; none uses TLS."""
    try:
        import certifi
    except ImportError:  # an environment without clients, which only has the log to read
        yield
        return
    bundle = Path(certifi.where()).read_text(encoding="ascii")
    first = bundle.partition("-----END CERTIFICATE-----")
    path = tmp_path_factory.mktemp("tls") / "one.pem"
    path.write_text(first[0] + first[1] + "\n", encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(path))
        patch.setenv("SSL_CERT_FILE", str(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def interrupts_are_raised() -> None:
    """In programs that tests start, too: what a script starts in the background ignores them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Log:
    """What was logged, and a few ways to look at it."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        self.session = Session(self.sink)
        self._errors = guard.errors

    @property
    def events(self) -> list[Event]:
        """Every event, oldest first."""
        return self.sink.events

    @property
    def actions(self) -> list[str]:
        """What the events are, oldest first, without the chunks."""
        return [each.action for each in self.events if each.action != "completion_chunk"]

    def of(self, action: str) -> list[Event]:
        """The events of one action."""
        return [event for event in self.events if event.action == action]

    @property
    def endings(self) -> list[Event]:
        """The events that end calls."""
        return [event for event in self.events if event.action in ENDINGS]

    def one(self, action: str) -> dict[str, Any]:
        """The only event of an action, as a dict."""
        (event,) = self.of(action)
        return event.to_dict()

    @property
    def ending(self) -> dict[str, Any]:
        """The only ending, as a dict."""
        (event,) = self.endings
        return event.to_dict()

    @property
    def internal_errors(self) -> int:
        """How often the guard had something to report since the log was made."""
        return guard.errors - self._errors

    def clear(self) -> None:
        """Forget what was logged."""
        self.sink.clear()


@pytest.fixture
def instrumented() -> Iterator[Any]:
    """A function that calls `hilt.instrument` with a new log, undone when the test ends."""
    logs: list[Log] = []

    def start(**options: Any) -> Log:
        log = Log()
        logs.append(log)
        hilt.instrument(session=log.session, **options)
        return log

    yield start
    hilt.uninstrument()
    for log in logs:
        log.session.close()


@pytest.fixture
def log(instrumented: Any) -> Iterator[Log]:
    """Everything is instrumented, and logged in memory."""
    log: Log = instrumented()
    yield log
    assert log.internal_errors == 0
