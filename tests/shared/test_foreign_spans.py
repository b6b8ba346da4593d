"""Spans that other instrumentations recorded, against what was really said.

Every file gives the events that the ground truth beside it says, or an exception below says why
the emitter does not record the fact. An exception that is not needed fails, too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.dialects import is_genai
from hilt_otel_exporters.pipeline import SpanPipeline
from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_record import LogRecord
from tests.conftest import shared_folder
from tests.shared.not_recorded import EXCEPTIONS
from tests.shared.truth import expected_of, facts_of

pytestmark = pytest.mark.shared

RESULTS: dict[tuple[str, str], dict[str, str]] = {}


def test_every_exception_is_about_a_captured_file(shared: Path) -> None:
    """No exception stands for a file that is not there."""
    assert {(emitter, scenario) for emitter, scenario, _ in EXCEPTIONS} <= set(_files())


def _files() -> list[tuple[str, str]]:
    folder = shared_folder() / "foreign-spans"
    return [
        (path.parent.name, path.stem)
        for path in sorted(folder.glob("*/*.json"))
        if not path.name.endswith((".logs.json", "metrics.json"))
    ]


def convert(*paths: Path) -> list[dict[str, Any]]:
    """The events of some files of spans and log records."""
    sink = MemorySink()
    log = SpanPipeline(Session(sink), live=False)
    records = [record for path in paths if path.exists() for record in SpanFile(path)]
    for record in records:
        if isinstance(record, LogRecord):
            log.add_log(record)
    for record in records:
        if not isinstance(record, LogRecord) and is_genai(record.attributes, record.scope):
            log.add(record)
    log.flush()
    return [event.to_dict() for event in sink.events]


class Table:
    """Prints what was compared, per emitter and scenario, when the session ends."""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print it."""
        write = terminalreporter.write_line
        verdicts = [verdict for facts in RESULTS.values() for verdict in facts.values()]
        write(f"foreign spans: {verdicts.count('ok')} facts right, in {len(RESULTS)} files;")
        write(f"{len(verdicts) - verdicts.count('ok')} are not on the spans (not_recorded.py)")
        for (emitter, scenario), facts in sorted(RESULTS.items()):
            absent = [name for name, verdict in facts.items() if verdict != "ok"]
            shown = f"; not recorded: {', '.join(absent)}" if absent else ""
            write(f"  {emitter:27} {scenario:18} {len(facts) - len(absent):2} right{shown}")


@pytest.fixture(scope="module", autouse=True)
def table(request: pytest.FixtureRequest) -> None:
    """Print a table of the results at the end."""
    request.config.pluginmanager.register(Table(), "foreign-spans-table")


@pytest.mark.parametrize(("emitter", "scenario"), _files(), ids="/".join)
def test_events_say_what_was_said(emitter: str, scenario: str, shared: Path) -> None:
    """The events of a captured scenario agree with the ground truth, fact by fact."""
    folder = shared / "foreign-spans"
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    errors = guard.errors
    path = folder / emitter / f"{scenario}.json"
    events = convert(path, path.with_suffix(".logs.json"))

    told = facts_of(events)
    loops = len(told["completions"]) > 1 or scenario != "stream_tool"
    expected = expected_of(emitter, scenario, truth, loops=loops)
    wrong = {name: (told[name], fact) for name, fact in expected.items() if told[name] != fact}
    excused = {name for name in expected if _reason(emitter, scenario, name)}
    RESULTS[emitter, scenario] = {
        name: "not recorded" if name in wrong else "ok" for name in expected
    }
    assert {name: both for name, both in wrong.items() if name not in excused} == {}
    assert excused <= set(wrong), "an exception that is not needed"
    assert guard.errors == errors


def _reason(emitter: str, scenario: str, fact: str) -> str | None:
    return EXCEPTIONS.get((emitter, scenario, fact))
