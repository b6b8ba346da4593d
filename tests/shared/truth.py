"""What the events of the captured spans must say, from the ground truth beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hilt.genai.finish_reasons import finish_reason_of

__all__ = ["expected_of", "facts_of"]

Facts = dict[str, Any]


_KEYS = {"input": "prompt", "output": "completion", "cache_read": "cached"}
_KEYS |= {"cache_write": "cache_write", "reasoning": "reasoning"}
_KINDS = tuple(_KEYS.values())
_TOOL_SCENARIOS = ("tool", "responses_tool", "stream_tool")
_CONVERSATIONS = {
    "google-adk": "session-77",
    "google-adk-1.14": "session-77",
    "google-adk-schema1": "session-77",
    "strands": "session-77",
    "vercel-ai-sdk": "session-77",
    ("langfuse-openai", "agent"): "session-77",
    ("langsmith-otel", "chain"): "session-77",
    ("openllmetry-langchain", "chat"): "session-77",
    ("openllmetry-langchain-0.47", "chat"): "session-77",
    ("openinference-langchain", "chat"): "session-77",
    ("openinference-langchain-dual", "chat"): "session-77",
    ("otel-langchain", "chat"): "session-77",
    ("openllmetry-langchain", "tool"): "thread-9",
    ("openinference-langchain", "tool"): "thread-9",
    ("otel-langchain", "tool"): "thread-9",
}


def _family(emitter: str) -> str:
    if "anthropic" in emitter:
        return "anthropic"
    return "gemini" if "google" in emitter else "openai"


def _provider(emitter: str) -> str:
    if emitter == "azure-ai-inference":
        return "azure.ai.inference"
    return {"gemini": "gcp.gemini"}.get(_family(emitter), _family(emitter))


def _tokens(usage: dict[str, int]) -> dict[str, int]:
    """Counts that matter: a zero need not be said."""
    return {_KEYS[name]: count for name, count in usage.items() if count and name in _KEYS}


def expected_of(emitter: str, scenario: str, truth: Facts, *, loops: bool) -> Facts:
    """The facts of one file.

    Args:
        emitter: Who recorded the spans.
        scenario: What ran.
        truth: ``ground-truth.json``.
        loops: Whether the spans show the tool's result too, and the answer to it.
    """
    family, openai = _family(emitter), truth["openai"]
    own = truth[family]
    facts: Facts = {"provider": [_provider(emitter)]}
    conversation = _CONVERSATIONS.get(emitter) or _CONVERSATIONS.get((emitter, scenario))
    if conversation:
        facts["conversation"] = [conversation]
    if scenario == "embeddings":
        model = openai["embeddings"]["model"]
        tokens = {"prompt": openai["embeddings"]["input_tokens"]}
        return facts | {"request model": [model], **_split([tokens]), "embeddings": 1}
    facts["request model"] = [own["request_model"]]
    if scenario == "error":
        status = {"status": 429, "code": "rate_limit"}
        return facts | {"prompts": [openai["user"]], "error": [status]}
    facts["response model"] = [own["response_model"]]
    if scenario in _TOOL_SCENARIOS:
        return facts | _tool_facts(family, truth, loops=loops)
    usage = own.get("chat_usage") or own["chat_usage_normalised"]
    facts |= {
        "prompts": [openai["user"]],
        "completions": [openai["answer"]],
        **_split([_tokens(usage)]),
        "finish": ["stop"],
    }
    if scenario in ("retrieval", "agent", "chain"):
        shown = truth["retrieval"]["documents"][: 2 if scenario == "retrieval" else 1]
        facts["documents"] = [(each["content"], each["score"]) for each in shown]
        facts["query"] = [truth["retrieval"]["query"]]
    if scenario in ("agent", "chain"):
        facts["tool results"] = [json.loads(openai["tool_result"])]
    return facts


def _tool_facts(family: str, truth: Facts, *, loops: bool) -> Facts:
    openai, own = truth["openai"], truth[family]
    first = own.get("tool_call_usage", openai["tool_call_usage"])
    second = own.get("tool_answer_usage", openai["tool_answer_usage"])
    text = own.get("tool_call_text", "")
    call_id = own["tool_call_id"]
    facts: Facts = {
        "prompts": [openai["tool_user"]],
        "tool calls": [(call_id, openai["tool_name"], openai["tool_arguments"])],
        "completions": [text],
    }
    if family == "gemini":  # its canned replies count as OpenAI's do, but cache nothing
        second = {**second, "cache_read": 0}
    counts = [_tokens(first)]
    if loops:
        counts.append(_tokens(second))
        facts["completions"].append(openai["tool_answer"])
        facts["tool results"] = [json.loads(openai["tool_result"])]
    return facts | _split(counts)


def _split(counts: list[dict[str, int]]) -> Facts:
    """Each kind of token as a fact of its own: an emitter may lack one of them."""
    kinds = dict.fromkeys(kind for count in counts for kind in count)
    return {f"{kind} tokens": [count.get(kind) for count in counts] for kind in kinds}


# -- what the events say ----------------------------------------------------------------------


def facts_of(events: list[Facts]) -> Facts:
    """The same facts, from the events that were made."""
    calls = [each for each in events if each["action"] in ("completion", "embedding")]
    failed = [each for each in events if _failed(each.get("extensions", {}))]
    ended = [*calls, *failed]
    return {
        "provider": _distinct(each["provenance"]["provider"] for each in ended),
        "conversation": _distinct(each["session_id"] for each in events),
        "request model": _distinct(each["extensions"].get("model") for each in ended),
        "response model": _distinct(each["provenance"].get("response_model") for each in calls),
        "prompts": [_text(each) for each in events if each["action"] == "prompt"],
        "completions": [_text(each) for each in calls],
        "finish": [_finish(each) for each in calls],
        **{f"{kind} tokens": [_counted(each).get(kind) for each in calls] for kind in _KINDS},
        "tool calls": [_tool_call(each) for each in events if each["action"] == "tool_call"],
        "tool results": [_result(each) for each in events if each["action"] == "tool_result"],
        "error": [_error(each) for each in failed],
        "embeddings": sum(each["action"] == "embedding" for each in events),
        "documents": list(_documents(events)),
        "query": [_text(each) for each in events if each["action"] == "retrieval"],
    }


def _failed(extensions: Facts) -> bool:
    """Whether a call ended so; an agent that ends with it says so as well."""
    return "error_code" in extensions and "step" not in extensions


def _distinct(values: Any) -> list[Any]:
    return list(dict.fromkeys(values))


def _text(event: Facts) -> str:
    return str(event.get("content", {}).get("text") or "")


def _finish(event: Facts) -> str | None:
    reason = event["extensions"].get("finish_reason")
    return finish_reason_of(reason) if reason else None


def _counted(event: Facts) -> dict[str, int]:
    tokens = event.get("metrics", {}).get("tokens", {})
    return {name: count for name, count in tokens.items() if count and name != "total"}


def _tool_call(event: Facts) -> tuple[Any, str, Any]:
    tool = event["content"]["tool"]
    return tool.get("call_id"), tool["name"], tool["arguments"]


def _result(event: Facts) -> Any:
    """A tool's result as the value it is: emitters write its JSON in their own ways."""
    return json.loads(_text(event))


def _error(event: Facts) -> Facts:
    extensions = event["extensions"]
    return {"status": extensions.get("status_code"), "code": extensions["error_code"]}


def _documents(events: list[Facts]) -> Iterator[tuple[Any, Any]]:
    for event in events:
        if event["action"] == "retrieval":
            for each in event["content"]["documents"]:
                yield each.get("text"), each.get("score")
