"""Canaries in what an agent framework knows: agents, steps, handoffs, metadata, ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import _context
from hilt._context import FrameworkContext
from hilt.genai.values import Failure
from hilt.instrumentation.frameworks.run_steps import RunSteps
from hilt.recording.step_events import Step
from hilt.recording.writer import Recorder
from hilt.testing import Provider
from hilt.testing.provider import ToolCall
from tests.privacy.canaries import CLIENT_KEY, PERSONAL, POLICIES, TEXT, found_in

openai = pytest.importorskip("openai")

NAMES = ", ".join(PERSONAL.values())
"""What a program may put into the name of an agent; words are left to it."""


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with everything that is written; the keys are elsewhere."""
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
    written = tmp_path / "written"
    written.mkdir()
    monkeypatch.chdir(written)
    return written


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each policy, while calls are logged under it."""
    name: str = request.param
    options: dict[str, Any] = {"privacy": name}
    if name == "capture_content=False":
        options = {"capture_content": False}
    hilt.instrument(providers=["openai"], filepath="log.jsonl", **options)
    yield name
    hilt.uninstrument()


@pytest.fixture
def client() -> Iterator[Any]:
    """A client whose model calls a tool, and then answers."""
    with Provider() as provider:
        provider.answer(TEXT, tool_calls=[ToolCall("find", {"who": TEXT})])
        provider.answer(TEXT)
        yield openai.OpenAI(base_url=provider.openai_url, api_key=CLIENT_KEY, max_retries=0)


def context(run: str | None = "run-1") -> FrameworkContext:
    """What a framework knows of a call, with canaries everywhere."""
    return FrameworkContext(
        "agents", PERSONAL["email"], PERSONAL["email"], run, f"Helper {NAMES}", f"step {NAMES}"
    )


def steps() -> Iterator[Step]:
    """Something of each kind of step."""
    name, texts = f"Helper {NAMES}", {"input_text": TEXT, "output_text": TEXT}
    failure = Failure("unknown", "ValueError", TEXT)
    yield Step("agent", "invoke_agent", name, 1, 2, agent=name, **texts)
    yield Step("workflow", "invoke_agent", name, 1, 2, failure=failure)
    yield Step("handoff", "handoff", name, 1, 2, **texts, extensions={"handoff_to": name})
    yield Step("tool", "execute_tool", "find", 1, 2, arguments={"who": TEXT}, result=TEXT)
    yield Step("retrieval", "retrieval", "docs", 1, 2, input_text=TEXT, documents=[{"text": TEXT}])
    yield Step("chain", "invoke_agent", name, 1, 2, provenance={"metadata": {"customer": TEXT}})


def test_no_value_of_a_frameworks_context_is_in_the_file(
    policy: str, client: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In calls that it makes, streamed and not, and in the steps around them."""
    monkeypatch.setattr(_context, "FRAMEWORK_READERS", [context])
    monkeypatch.setattr("hilt.instrumentation.engine.FRAMEWORK_READERS", [context])
    monkeypatch.setattr("hilt.instrumentation.framework_context.FRAMEWORK_READERS", [context])
    messages = [{"role": "user", "content": TEXT}]
    client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    for _ in client.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True):
        pass
    runs = RunSteps(Recorder(), capture_content="=" not in policy)
    for step in steps():
        runs.add(step, context(None))
    hilt.flush()

    assert (folder / "log.jsonl").read_bytes().count(b"\n") > 12
    assert found_in(policy, folder) == []


def test_no_value_of_a_langchain_run_is_in_the_file(policy: str, client: Any, folder: Path) -> None:
    """Neither its metadata and tags, nor the ids in them."""
    pytest.importorskip("langchain_openai")
    from langchain_openai import ChatOpenAI

    from hilt.integrations.langchain import HILTCallbackHandler

    session = hilt.get_context().session
    handler = HILTCallbackHandler(session=session, capture_content="=" not in policy)
    settings: Any = {
        "metadata": {"customer": TEXT, "thread_id": PERSONAL["email"], "user_id": NAMES},
        "tags": [TEXT],
        "run_name": NAMES,
    }
    url = str(client.base_url)
    model = ChatOpenAI(model="gpt-4o-mini", base_url=url, api_key=CLIENT_KEY)
    model.invoke([("system", TEXT), ("human", TEXT)], config=settings)
    model.invoke([("human", TEXT)], config={**settings, "callbacks": [handler]})
    hilt.flush()

    assert found_in(policy, folder) == []
