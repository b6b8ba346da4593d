"""The pytest plugin, as a project's own tests use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hilt
from hilt.testing import Provider

pytest.importorskip("openai")

PROGRAM = """
from openai import OpenAI

def ask(question):
    answer = OpenAI(max_retries=0).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return answer.choices[0].message.content
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a program that asks OpenAI, and a log of one of its calls."""
    (tmp_path / "program.py").write_text(PROGRAM)
    monkeypatch.syspath_prepend(str(tmp_path))
    with Provider() as provider:
        provider.answer("Lima.")
        monkeypatch.setenv("OPENAI_BASE_URL", provider.openai_url)
        monkeypatch.setenv("OPENAI_API_KEY", "test")
        hilt.instrument(filepath=tmp_path / "log.jsonl", providers=["openai"])
        try:
            namespace: dict[str, object] = {}
            exec(PROGRAM, namespace)  # the project's program, in this process
            namespace["ask"]("What is the capital of Peru?")  # type: ignore[operator]
        finally:
            hilt.uninstrument()
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    return tmp_path


def _pytest(project: Path, tests: str, *options: str) -> tuple[int, str]:
    (project / "test_program.py").write_text(tests)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST", "OPENAI", "HILT"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *WITHOUT, "-q", *options],
        cwd=project,
        env={**environment, "PYTHONPATH": os.pathsep.join([str(project), str(Path.cwd())])},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


WITHOUT = ("-p", "no:cacheprovider", "-p", "no:langsmith_plugin")
"""What no test here needs; LangSmith's plugin takes longer than the rest of pytest."""
ASSERTIONS = {
    "assert_calls(2)": "expected 2 calls, found 1; the calls were:",
    'assert_calls(model="claude*")': "expected a call with model='claude*', found 0",
    "assert_cost(at_most=0)": "more than $0.00",
    'assert_text("Quito")': "no call has the words 'Quito'",
}
"""Assertions that fail for one call, and what they say."""


def test_calls_of_a_test_are_asserted(project: Path) -> None:
    """Out of a log, with their number, cost and texts; what was wanted, and what was made."""
    code, output = _pytest(
        project,
        """
import pytest
from program import ask

@pytest.mark.hilt_replay("log.jsonl")
def test_answer(hilt_log):
    assert ask("What is the capital of Peru?") == "Lima."
    (call,) = hilt_log.assert_calls(1, model="gpt-*")
    assert call.prompt_text == "What is the capital of Peru?"
    assert hilt_log.assert_cost(at_most=0.001) > 0
    hilt_log.assert_text("lima")
    assert hilt_log.assert_calls(0, errors=True) == []
    assert [event.action for event in hilt_log.events] == ["prompt", "completion"]
"""
        + "\n".join(
            f"""
@pytest.mark.hilt_replay("log.jsonl")
def test_failed_{number}(hilt_log):
    ask("What is the capital of Peru?")
    hilt_log.{assertion}
"""
            for number, assertion in enumerate(ASSERTIONS)
        ),
    )

    assert code == 1, output
    assert f"{len(ASSERTIONS)} failed, 1 passed" in output
    assert "FAILED test_program.py::test_answer" not in output
    failures = output.split("_ test_failed_")[1:]
    for said, failure in zip(ASSERTIONS.values(), failures, strict=True):
        assert said in failure
        made = "gpt-4o-mini-2024-07-18 completed: 'What is the capital of Peru?' -> 'Lima.'"
        assert made in failure


def test_what_the_program_logs_elsewhere_is_seen_and_then_goes_on(project: Path) -> None:
    """Its `instrument` is in force again after the test; `use_session` hides nothing from it."""
    code, output = _pytest(
        project,
        """
import hilt, pytest
from program import ask
from hilt import get_context

pytestmark = pytest.mark.hilt_replay("log.jsonl")
QUESTION = "What is the capital of Peru?"
own = hilt.instrument(filepath="own.jsonl", providers=["openai"], capture_content=False)

def asked(session):
    return [event.action for event in session.read()].count("prompt")

def test_before():
    ask(QUESTION)
    assert asked(own) == 1

@pytest.mark.parametrize("again", [1, 2])
def test_with_log(hilt_log, again, tmp_path):
    ask(QUESTION)
    other = hilt.Session(tmp_path / "other.jsonl")
    with get_context().use_session(other):
        ask(QUESTION)
    hilt.Session(tmp_path / "a.jsonl").append_all(other.read())  # no call
    hilt_log.assert_calls(2)
    hilt_log.assert_text("peru")
    assert (asked(own), asked(other)) == (1, 1)
    with get_context().use_session(hilt_log.session):
        ask(QUESTION)
    hilt_log.assert_calls(3)

def test_program_that_begins_to_log(hilt_log):
    started = hilt.instrument(filepath="started.jsonl")
    ask(QUESTION)
    assert hilt_log.assert_calls(1) and asked(started) == 1
    hilt.uninstrument()

def test_after():
    assert get_context().session is own and not own.closed
    ask(QUESTION)
    assert asked(own) == 2
    assert "Peru" not in open("own.jsonl").read()  # as it was instrumented
    assert asked(hilt.Session("started.jsonl", "r")) == 1
""",
    )

    assert code == 0, output


def test_a_stream_that_ends_outside_of_its_session_is_seen_whole(project: Path) -> None:
    """Whatever session is the current one by then."""
    code, output = _pytest(
        project,
        """
import hilt
from hilt.testing import Provider
from openai import OpenAI

def test_stream(hilt_log, tmp_path):
    with Provider() as provider:
        provider.answer("A long answer", chunks=["A ", "long ", "answer"])
        client = OpenAI(base_url=provider.openai_url, api_key="test")
        with hilt.get_context().use_session(hilt.Session(tmp_path / "b.jsonl")):
            stream = client.chat.completions.create(model="m", messages=[], stream=True)
        assert len(list(stream)) >= 3
    (call,) = hilt_log.assert_calls(1)
    assert (call.outcome, call.answer_text) == ("completed", "A long answer")
    assert hilt.get_context().session is hilt_log.session

def test_nothing_is_left():
    assert hilt.get_context().session is None
    assert hilt.Session.write_lines.__module__ == "hilt.io.session"
""",
    )

    assert code == 0, output


def test_instrumentors_of_opentelemetry_go_on_after_the_test(project: Path) -> None:
    """With the tracer provider that they were given."""
    code, output = _pytest(
        project,
        """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from hilt.instrumentation.instrumentors import OpenAIInstrumentor
from program import ask
import pytest

pytestmark = pytest.mark.hilt_replay("log.jsonl")
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
OpenAIInstrumentor().instrument(tracer_provider=provider)

def test_with_log(hilt_log):
    ask("What is the capital of Peru?")
    hilt_log.assert_calls(1)

def test_after():
    before = len(spans.get_finished_spans())
    ask("What is the capital of Peru?")
    assert len(spans.get_finished_spans()) == before + 1
""",
    )

    assert code == 0, output


def test_one_log_answers_all_tests(project: Path) -> None:
    """Also those whose module asks while it is imported; a miss fails with the difference."""
    code, output = _pytest(
        project,
        """
import pytest
from program import ask

ANSWER = ask("What is the capital of Peru?")

def test_answer():
    assert ANSWER == "Lima."

def test_miss():
    with pytest.raises(Exception):
        ask("What is the capital of Chile?")
""",
        "--hilt-replay",
        "log.jsonl",
    )

    assert code == 1
    assert "1 passed" in output or "2 passed, 1 error" in output
    assert "'What is the capital of Chile?', and 'What is the capital of Peru?' there" in output


def test_a_log_that_is_not_there_is_an_error_of_usage(project: Path) -> None:
    """In one line."""
    code, output = _pytest(project, "", "--hilt-replay", "nope.jsonl")

    assert code == 4
    assert "ERROR: --hilt-replay: nope.jsonl: " in output
    assert "Traceback" not in output


def test_a_marker_without_a_log_says_so(tmp_path: Path) -> None:
    """And not that an index of the plugin's is out of range."""
    code, output = _pytest(
        tmp_path, "import pytest\n@pytest.mark.hilt_replay\ndef test_answer(): pass\n"
    )

    assert code == 1
    assert 'hilt_replay: the marker names no log; expected hilt_replay("LOG")' in output


def test_a_marker_with_other_arguments_says_so(tmp_path: Path) -> None:
    """Nothing that somebody gives is passed over."""
    code, output = _pytest(
        tmp_path,
        "import pytest\n@pytest.mark.hilt_replay('a.jsonl', strickt=True)\ndef test_answer(): pass\n",
    )

    assert code == 1
    assert "hilt_replay: got an unexpected keyword argument 'strickt'; expected" in output


def test_pytest_starts_without_importing_hilt(project: Path) -> None:
    """Others pay nothing for a plugin that they do not use."""
    code, output = _pytest(
        project,
        """
import sys
def test_modules():
    assert "hilt" not in sys.modules
""",
    )

    assert code == 0, output
