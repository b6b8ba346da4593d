"""Observations of Langfuse and runs of LangSmith, as both export them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.io.session import Session
from hilt_otel_exporters.importing import import_spans
from tests.imports.histories import told, write_lines

MESSAGES = [{"role": "user", "content": "Weather?"}]


def events_of(path: Path) -> list[Event]:
    """The events of a file, which a second import does not change."""
    log = path.parent / "log.jsonl"
    for _ in range(2):
        with Session(log) as session:
            imported = import_spans([path], session)
    assert (imported.events, imported.unreadable) == (0, 0)
    with Session(log, mode="r") as session:
        return list(session.read())


def observation(**fields: Any) -> dict[str, Any]:
    """A generation of Langfuse, as its API gives it."""
    return {
        "id": "o1",
        "traceId": "t1",
        "type": "GENERATION",
        "name": "answer",
        "startTime": "2026-10-01T08:00:01.000Z",
        "endTime": "2026-10-01T08:00:03.500Z",
        "completionStartTime": "2026-10-01T08:00:01.500Z",
        "model": "gpt-4o-mini",
        "modelParameters": {"temperature": 0.5},
        "input": MESSAGES,
        "output": {"role": "assistant", "content": "Dry"},
        "usageDetails": {"input": 600, "input_cached_tokens": 400, "output": 100, "total": 1100},
        "costDetails": {"total": 0.5},
        "sessionId": "talk-1",
        "userId": "ann",
        **fields,
    }


def snake(value: dict[str, Any]) -> dict[str, Any]:
    """The same with the names that a bucket has, and JSON as text."""
    names = {"model": "providedModelName"}
    flat = {}
    for name, each in value.items():
        plain = "".join(
            f"_{one.lower()}" if one.isupper() else one for one in names.get(name, name)
        )
        flat[plain] = json.dumps(each) if name in ("input", "output") else each
    for name in ("start_time", "end_time", "completion_start_time"):
        flat[name] = flat[name].replace("T", " ").replace("Z", "000")
    return flat


@pytest.mark.parametrize("form", [dict, snake], ids=["API", "bucket"])
def test_generation_of_langfuse_becomes_a_call(tmp_path: Path, form: Any) -> None:
    """With its usage, the cost by the price table, and what Langfuse says that it cost."""
    prompt, answer = events = events_of(write_lines(tmp_path / "a.jsonl", form(observation())))

    assert [told(each, events) for each in events] == [
        ("prompt", "Weather?", {}),
        ("completion", "Dry", {"reply_to": 0}),
    ]
    assert (prompt.session_id, prompt.actor.id) == ("talk-1", "ann")
    assert (prompt.timestamp, answer.timestamp) == (
        "2026-10-01T08:00:01.000000Z",
        "2026-10-01T08:00:03.500000Z",
    )
    assert answer.metrics is not None
    assert answer.metrics.tokens == {
        "prompt": 1000,
        "completion": 100,
        "total": 1100,
        "cached": 400,
    }
    assert answer.metrics.cost_usd == pytest.approx((600 * 0.15 + 400 * 0.075 + 100 * 0.6) / 1e6)
    provenance, extensions = answer.provenance or {}, answer.extensions or {}
    assert provenance["reported_cost_usd"] == 0.5
    assert extensions["time_to_first_chunk_ms"] == 500
    assert (prompt.extensions or {})["parameters"] == {"temperature": 0.5}


@pytest.mark.parametrize(
    ("counts", "prompt", "completion"),
    [
        ({"input": 10, "output": 5}, 10, 5),
        ({"input": 10, "output": 5, "total": 15, "input_cached_tokens": 4}, 10, 5),
        ({"input": 10, "output": 5, "cache_read_input_tokens": 90, "total": 105}, 100, 5),
        ({"input": 10, "output": 5, "output_reasoning_tokens": 20, "total": 35}, 10, 25),
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, 10, 5),
    ],
)
def test_counts_of_langfuse_are_totals_or_parts(
    tmp_path: Path, counts: dict[str, int], prompt: int, completion: int
) -> None:
    """The total says which."""
    path = write_lines(tmp_path / "a.jsonl", observation(usageDetails=counts))

    metrics = events_of(path)[1].metrics

    assert metrics is not None
    assert (metrics.tokens["prompt"], metrics.tokens["completion"]) == (prompt, completion)


def test_failed_generation_of_langfuse(tmp_path: Path) -> None:
    """Its ending says why."""
    failed = observation(level="ERROR", statusMessage="Overloaded", output=None, usageDetails={})

    ending = events_of(write_lines(tmp_path / "a.jsonl", failed))[1]

    assert ending.action == "system"
    assert ending.content is not None
    assert ending.content.text == "Overloaded"


def test_tool_of_langfuse_is_a_step(tmp_path: Path) -> None:
    """Beside the calls of the same trace."""
    tool = observation(
        id="o2", type="TOOL", name="look", input={"where": "here"}, output="dry", model=None
    )

    events = events_of(write_lines(tmp_path / "a.jsonl", observation(), tool))

    assert {each.action for each in events} == {"prompt", "completion", "tool_call", "tool_result"}


def run(**fields: Any) -> dict[str, Any]:
    """A run of LangSmith, of LangChain's model."""
    counts = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}
    answer = {
        "content": "",
        "tool_calls": [{"id": "c1", "name": "look", "args": {}}],
        "usage_metadata": {**counts, "input_token_details": {"cache_read": 400}},
        "response_metadata": {"model_name": "gpt-4o-mini-2024-07-18"},
    }
    asked = {"lc": 1, "type": "constructor", "id": ["HumanMessage"], "kwargs": {"content": "Dry?"}}
    said = {"lc": 1, "type": "constructor", "id": ["AIMessage"], "kwargs": answer}
    return {
        "id": "7f1c8f5e-0000-4000-8000-000000000001",
        "trace_id": "7f1c8f5e-0000-4000-8000-000000000000",
        "run_type": "llm",
        "name": "ChatOpenAI",
        "start_time": "2026-10-01T08:00:01.000000",
        "end_time": "2026-10-01T08:00:03.500000",
        "inputs": {"messages": [[asked]]},
        "outputs": {"generations": [[{"text": "", "message": said}]]},
        "extra": {
            "metadata": {
                "ls_provider": "openai",
                "ls_model_name": "gpt-4o-mini",
                "thread_id": "talk-1",
            }
        },
        "session_id": "the id of a project",
        **fields,
    }


def test_run_of_langsmith_becomes_a_call(tmp_path: Path) -> None:
    """With the tools that it asks for, its usage and its cost."""
    events = events_of(write_lines(tmp_path / "a.jsonl", run()))

    assert [told(each, events) for each in events] == [
        ("prompt", "Dry?", {}),
        ("completion", "", {"reply_to": 0}),
        ("tool_call", "look", {"reply_to": 1}),
    ]
    answer = events[1]
    assert answer.session_id == "talk-1"
    assert answer.timestamp == "2026-10-01T08:00:03.500000Z"
    assert answer.metrics is not None
    assert answer.metrics.tokens["cached"] == 400
    assert answer.metrics.cost_usd == pytest.approx((600 * 0.15 + 400 * 0.075 + 100 * 0.6) / 1e6)
    assert (answer.provenance or {})["response_model"] == "gpt-4o-mini-2024-07-18"


def test_run_of_a_wrapped_client_becomes_a_call(tmp_path: Path) -> None:
    """Its inputs and outputs are those of the provider."""
    path = write_lines(
        tmp_path / "a.jsonl",
        run(
            inputs={"messages": MESSAGES, "model": "gpt-4o-mini"},
            outputs={
                "choices": [{"message": {"role": "assistant", "content": "Dry"}}],
                "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
            },
        ),
    )

    prompt, answer = events_of(path)

    assert prompt.content is not None
    assert answer.content is not None
    assert (prompt.content.text, answer.content.text) == ("Weather?", "Dry")
    assert answer.metrics is not None
    assert answer.metrics.tokens == {"prompt": 10, "completion": 5, "total": 15}


def test_failed_run_of_langsmith(tmp_path: Path) -> None:
    """Its ending says why."""
    failed = run(outputs=None, error="RateLimitError: 429 slow down")

    ending = events_of(write_lines(tmp_path / "a.jsonl", failed))[1]

    assert ending.action == "system"
    assert (ending.extensions or {})["error_code"] == "rate_limit"
