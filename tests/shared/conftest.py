"""Which recordings there are, and the table of those that passed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import shared_folder

RESULTS: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
"""By provider and api: recordings, recordings that passed, calls."""


@pytest.fixture(scope="session", autouse=True)
def quick_clients(one_certificate: None) -> None:
    """Thousands of clients are made here."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize by recording, ``provider/name``."""
    if "recording_path" not in metafunc.fixturenames:
        return
    folder = shared_folder() / "recordings"
    paths = sorted(folder.glob("*/*.json")) if folder.is_dir() else []
    ids = [f"{path.parent.name}/{path.stem}" for path in paths]
    metafunc.parametrize("recording_path", paths, ids=ids)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """Count what a test says about its recording."""
    outcome: Any = yield
    report = outcome.get_result()
    found = dict(report.user_properties)
    if report.when == "call" and "recording" in found:
        row = RESULTS[found["recording"]]
        row[0] += 1
        row[1] += report.passed
        row[2] += found["calls"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the recordings by provider and api."""
    if not RESULTS:
        return
    write = terminalreporter.write_line
    write("")
    write(f"{'provider':14} {'api':30} {'recordings':>10} {'passed':>7} {'calls':>6}")
    for (provider, api), (count, passed, calls) in sorted(RESULTS.items()):
        write(f"{provider:14} {api:30} {count:10} {passed:7} {calls:6}")
    totals = [sum(row[index] for row in RESULTS.values()) for index in range(3)]
    write(f"{'all':14} {'':30} {totals[0]:10} {totals[1]:7} {totals[2]:6}")
