"""``hilt_log``: the calls that a test makes. ``--hilt-replay LOG``: answers from a log.

pytest loads this in every run where HILT is installed, so nothing is imported until it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hilt.testing import CallLog
    from hilt.testing.provider import Recording

__all__ = ["hilt_log", "hilt_replay", "pytest_addoption", "pytest_configure"]

_RECORDING: pytest.StashKey[Recording] = pytest.StashKey()
_MARKER = (
    "hilt_replay(log, strict=False): answer the SDKs out of a HILT log while the test runs, and "
    "fail the test if a request has no answer there"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line."""
    group = parser.getgroup("hilt", "HILT")
    group.addoption(
        "--hilt-replay",
        metavar="LOG",
        type=Path,
        help="Answer the SDKs' requests in all tests out of this HILT log.",
    )
    group.addoption(
        "--hilt-replay-strict",
        action="store_true",
        help="Answer only requests that match a logged one exactly.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and answer from now on out of the log of ``--hilt-replay``.

    Clients that test modules make when they are imported get its answers, too.
    """
    config.addinivalue_line("markers", _MARKER)
    log = config.getoption("hilt_replay")
    if log is None:
        return
    from hilt.core.exceptions import HILTError
    from hilt.testing import replaying

    with ExitStack() as stack:
        try:
            replay = replaying(log, strict=config.getoption("hilt_replay_strict"))
            config.stash[_RECORDING] = stack.enter_context(replay)
        except HILTError as error:
            raise pytest.UsageError(f"--hilt-replay: {error}") from error
        config.add_cleanup(stack.pop_all().close)


@pytest.fixture
def hilt_log(tmp_path: Path) -> Iterator[CallLog]:
    """Log the calls that the test makes, to a file of its own; see `hilt.testing.CallLog`.

    After the test, what the program had called `hilt.instrument` with is in force again.
    """
    from hilt import Session
    from hilt._in_force import instrumented_meanwhile
    from hilt.testing import CallLog
    from hilt_pytest.copied_calls import copied_to

    session = Session(tmp_path / "hilt_log.jsonl")
    with closing(session), instrumented_meanwhile(session), copied_to(session):
        yield CallLog(session)


@pytest.fixture(autouse=True)
def _hilt_replay(request: pytest.FixtureRequest) -> None:
    if _RECORDING in request.config.stash or request.node.get_closest_marker("hilt_replay"):
        request.getfixturevalue("hilt_replay")


def _arguments_of(marker: pytest.Mark) -> tuple[str, bool]:
    """The log and the strictness that a marker gives, by position or by name."""

    def given(log: str = "", strict: bool = False) -> tuple[str, bool]:
        return log, strict

    try:
        log, strict = given(*marker.args, **marker.kwargs)
    except TypeError as error:
        reason = str(error).partition("given() ")[2]
        pytest.fail(f'hilt_replay: {reason}; expected hilt_replay("LOG", strict=False)')
    if not log:
        pytest.fail('hilt_replay: the marker names no log; expected hilt_replay("LOG")')
    return log, strict


@pytest.fixture
def hilt_replay(request: pytest.FixtureRequest) -> Iterator[Recording]:
    """Answer the SDKs out of the log of the marker, or of ``--hilt-replay``.

    A request that has no answer there fails the test, with the first difference.
    """
    from hilt.testing import replaying

    marker = request.node.get_closest_marker("hilt_replay")
    everywhere = request.config.stash.get(_RECORDING, None)
    replay: AbstractContextManager[Recording]
    if marker is not None:
        log, strict = _arguments_of(marker)
        replay = replaying(request.config.rootpath / log, strict=strict)
    elif everywhere is not None:
        replay = nullcontext(everywhere)
    else:
        pytest.fail("hilt_replay: give --hilt-replay LOG, or mark the test with hilt_replay(LOG)")
    with replay as recording:
        before = len(recording.misses)
        yield recording
        missed = recording.misses[before:]
    if missed:
        pytest.fail("\n".join(missed), pytrace=False)
