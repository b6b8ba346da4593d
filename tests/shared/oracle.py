"""What the log should say of a recorded exchange, told from the wire without HILT's code."""

from __future__ import annotations

import json
import re
from typing import Any

__all__ = ["add_bedrock", "add_unread", "expected_tokens", "flat", "is_model_call", "run_stories"]

Story = tuple[int, str, str]
"""Interaction, fact, what is wrong."""

_RUN = re.compile(r".*/threads/(?:[^/]+/)?runs")
_RUN_ENDED = frozenset(("completed", "failed", "cancelled", "expired", "incomplete"))
_ANTHROPIC = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def is_model_call(interaction: dict[str, Any]) -> bool:
    """Whether an exchange asks a model for something; reading objects back does not."""
    request = interaction["request"]
    if interaction["api"] == "assistants":
        return request["method"] == "POST" and bool(_RUN.fullmatch(request["path"]))
    return bool(request["method"] == "POST")


def flat(usage: Any, prefix: str = "") -> dict[str, int]:
    """Counters by their dotted names, in lower case and without underscores."""
    found: dict[str, int] = {}
    for name, value in (usage or {}).items():
        key = prefix + name.replace("_", "").lower()
        if isinstance(value, dict):
            found.update(flat(value, f"{key}."))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[key] = int(value)
    return found


def add_unread(interaction: dict[str, Any], summary: Any) -> None:
    """Add what an answer says where the replay's oracle has no reader for its kind: speech."""
    body = interaction["response"].get("body_text")
    if interaction["api"] == "audio.transcriptions" and body is not None:
        answer = json.loads(body)
        summary.add_text(answer["text"])
        summary.set_usage(answer.get("usage"))


def add_bedrock(interaction: dict[str, Any], events: list[Any], summary: Any) -> None:
    """Add what the replay's oracle does not read of Bedrock's invoke.

    Why each of several texts ended, how many tokens each has, and Bedrock's own counts: in the
    headers, or in the last event of a stream.
    """
    if not interaction["api"].startswith("invokeModel"):
        return
    headers = interaction["response"]["headers"]
    sent = headers.get("x-amzn-bedrock-input-token-count")
    made = headers.get("x-amzn-bedrock-output-token-count")
    for event in events:
        if "choices" not in event and not summary.finish_reasons:
            for row in [*_rows(event), event]:
                reason = row.get("finish_reason") or row.get("finishReason")
                reason = reason["reason"] if isinstance(reason, dict) else reason
                reason = row.get("stop_reason") if "generation" in row else reason
                summary.add_finish(reason)
        metrics = event.get("amazon-bedrock-invocationMetrics") or {}
        sent, made = metrics.get("inputTokenCount", sent), metrics.get("outputTokenCount", made)
    known = _counts("bedrock", summary.usage)
    name_of_made = "outputTokens" if "inputTokens" in summary.usage else "generation_token_count"
    for name, count, have in (
        ("prompt_token_count", sent, known[0]),
        (name_of_made, made, known[1]),
    ):
        if have is None and count is not None:
            summary.usage[name] = int(count)


def _rows(event: dict[str, Any]) -> list[Any]:
    return next((event[name] for name in ("generations", "completions") if name in event), [])


def expected_tokens(interaction: dict[str, Any], usage: dict[str, int]) -> dict[str, int | None]:
    """``prompt``, ``completion`` and ``total`` for the counters of a provider."""
    sent, made, total = _counts(interaction["provider"], usage)
    if total is None and sent is not None and made is not None:
        total = sent + made
    return {"prompt": sent, "completion": made, "total": total}


def _counts(provider: str, usage: dict[str, int]) -> tuple[int | None, int | None, int | None]:
    if provider == "anthropic" or (provider == "bedrock" and "cache_read_input_tokens" in usage):
        sent = [usage[name] for name in _ANTHROPIC if name in usage]
        return (sum(sent) if sent else None), usage.get("output_tokens"), None
    if "inputTokens" in usage:  # Bedrock converse
        cached = usage.get("cacheReadInputTokens", 0) + usage.get("cacheWriteInputTokens", 0)
        return usage["inputTokens"] + cached, usage.get("outputTokens"), usage.get("totalTokens")
    if "promptTokenCount" in usage or "candidatesTokenCount" in usage:  # Gemini
        made = [usage[n] for n in ("candidatesTokenCount", "thoughtsTokenCount") if n in usage]
        given = [usage[n] for n in ("promptTokenCount", "toolUsePromptTokenCount") if n in usage]
        total = usage.get("totalTokenCount")
        return (sum(given) if given else None), (sum(made) if made else None), total
    if "total_thought_tokens" in usage:  # Gemini interactions
        made = [usage[n] for n in ("total_output_tokens", "total_thought_tokens") if n in usage]
        sent = usage["total_input_tokens"] + usage.get("total_tool_use_tokens", 0)
        return sent, sum(made), usage.get("total_tokens")
    return tuple(_first(usage, names) for names in _NAMES)  # type: ignore[return-value]


_NAMES = (
    (
        "prompt_tokens",
        "billed_units.input_tokens",
        "tokens.input_tokens",
        "input_tokens",
        "prompt_eval_count",
        "total_input_tokens",
        "inputTextTokenCount",
        "prompt_token_count",
        "total_tokens",
    ),
    (
        "completion_tokens",
        "billed_units.output_tokens",
        "tokens.output_tokens",
        "output_tokens",
        "eval_count",
        "total_output_tokens",
        "totalOutputTextTokenCount",
        "generation_token_count",
    ),
    ("total_tokens",),
)


def _first(usage: dict[str, int], names: tuple[str, ...]) -> int | None:
    return next((usage[name] for name in names if name in usage), None)


# -- assistants -------------------------------------------------------------------------------


def run_stories(interactions: list[Any], events: list[list[dict[str, Any]]]) -> list[Story]:
    """What is wrong with the events of assistants' runs, over a whole recording.

    A run is a prompt when it is made and one ending when the wire first shows that it is over:
    in a stream, in the answer, or when somebody asks for it. Messages that are listed afterwards,
    threads and assistants are no calls of a model.
    """
    problems: list[Story] = []
    ended: set[str] = set()
    for number, interaction in enumerate(interactions):
        if interaction["api"] != "assistants" or interaction["response"]["status"] >= 400:
            continue
        actions = [event["action"] for event in events[number]]
        if actions.count("prompt") != is_model_call(interaction):
            problems.append((number, "prompts", str(actions)))
        over = [run for run in _runs_of(interaction) if run["id"] not in ended]
        over = [run for run in over if run["status"] in _RUN_ENDED][:1]
        ended.update(run["id"] for run in over)
        endings = [each for each in events[number] if each["action"] in ("completion", "system")]
        if len(endings) != len(over):
            problems.append((number, "endings", f"{actions}, {len(over)} runs ended"))
            continue
        for run, ending in zip(over, endings, strict=True):
            wanted = flat(run.get("usage"))
            seen = flat(ending["provenance"].get("usage"))
            if seen != wanted:
                problems.append((number, "usage", f"logged {seen}, on the wire {wanted}"))
            if ending["extensions"].get("finish_reason") != run["status"]:
                problems.append((number, "finish_reason", str(ending["extensions"])))
    return problems


def _runs_of(interaction: Any) -> list[dict[str, Any]]:
    """The run objects that a response carries, oldest first."""
    body = interaction["response"].get("body_text") or ""
    if "event-stream" in interaction["response"]["headers"].get("content-type", ""):
        lines = [line[5:].strip() for line in body.splitlines() if line.startswith("data:")]
        objects = [json.loads(line) for line in lines if line.startswith("{")]
    else:
        objects = [json.loads(body)]
    return [each for each in reversed(objects) if each.get("object") == "thread.run"][::-1]
