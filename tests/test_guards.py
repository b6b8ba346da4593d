"""Where errors of any kind are caught: each such place is a decision, and stands in a table here.

The reasons are those of "Errors" in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ANY_ERROR = {"Exception", "BaseException"}

GUARDS = {
    "a call of an SDK": {
        "hilt/instrumentation/batches.py": 3,
        "hilt/instrumentation/engine.py": 10,
        "hilt/instrumentation/call_groups.py": 3,
        "hilt/instrumentation/framework_calls.py": 2,
        "hilt/instrumentation/framework_context.py": 1,
        "hilt/instrumentation/frameworks/crewai.py": 1,
        "hilt/instrumentation/frameworks/install.py": 1,
        "hilt/instrumentation/frameworks/langchain.py": 1,
        "hilt/instrumentation/frameworks/llama_index.py": 1,
        "hilt/instrumentation/frameworks/openai_agents.py": 3,
        "hilt/instrumentation/headers.py": 1,
        "hilt/instrumentation/hooks.py": 3,
        "hilt/instrumentation/http_bodies.py": 1,
        "hilt/instrumentation/http_functions.py": 2,
        "hilt/instrumentation/interrupted_calls.py": 1,
        "hilt/instrumentation/nested_methods.py": 1,
        "hilt/instrumentation/patching.py": 1,
        "hilt/instrumentation/thread_pool_methods.py": 1,
        "hilt/instrumentation/tool_spans.py": 2,
        "hilt/instrumentation/unseen_calls.py": 1,
        "hilt/integrations/langchain.py": 1,
        "hilt/integrations/langchain_models.py": 1,
        "hilt/integrations/manual.py": 2,
        "hilt/providers/_connections.py": 2,
        "hilt/providers/_speakeasy_hooks.py": 1,
        "hilt/providers/_stainless.py": 3,
        "hilt/providers/bedrock/bodies.py": 1,
        "hilt/providers/bedrock/hooks.py": 2,
        "hilt/providers/azure_inference/hooks.py": 1,
        "hilt/providers/claude_agent/hooks.py": 4,
        "hilt/providers/cohere/hooks.py": 3,
        "hilt/providers/dspy/hooks.py": 1,
        "hilt/providers/gemini/hooks.py": 1,
        "hilt/providers/gemini/live_connections.py": 2,
        "hilt/providers/generativeai/hooks.py": 1,
        "hilt/providers/huggingface/hooks.py": 1,
        "hilt/providers/litellm/custom_providers.py": 1,
        "hilt/providers/litellm/hooks.py": 2,
        "hilt/providers/mcp/hooks.py": 1,
        "hilt/providers/openai/sockets.py": 1,
        "hilt/providers/transformers/hooks.py": 2,
        "hilt/providers/transformers/messages.py": 1,
        "hilt/providers/vllm/hooks.py": 2,
        "hilt/providers/wire/aiohttp_answers.py": 1,
        "hilt/providers/wire/answers.py": 3,
        "hilt/providers/wire/libraries.py": 3,
        "hilt/providers/wire/observer.py": 1,
    },
    "a call of OpenTelemetry": {
        "hilt_otel_exporters/exporters.py": 3,
        "hilt_otel_exporters/log_records.py": 1,
        "hilt_otel_exporters/pipeline.py": 5,
        "hilt_otel_exporters/processor.py": 3,
    },
    "a value of any shape": {
        "hilt/genai/attributes.py": 1,
        "hilt/genai/json_values.py": 1,
        "hilt/genai/normalize.py": 1,
        "hilt/core/plain_json.py": 2,
        "hilt/instrumentation/hooks.py": 1,
        "hilt/recording/event_builder.py": 2,
    },
    "a sink or a processor": {
        "hilt/io/processors.py": 1,
        "hilt/io/session.py": 1,
        "hilt/privacy/detector.py": 1,
        "hilt/privacy/filter.py": 3,
    },
    "a price": {
        "hilt/pricing/cost.py": 2,
        "hilt/pricing/table.py": 2,
        "hilt/recording/event_fields.py": 1,
    },
    "a thread, a fork or an exit": {
        "hilt/core/forks.py": 1,
        "hilt/core/git_status.py": 1,
        "hilt/io/jsonl/sink.py": 1,
        "hilt/io/sheets/sender.py": 1,
        "hilt_otel_exporters/due_thread.py": 1,
    },
    "a request for a page": {
        "hilt/cli/viewer/guarding.py": 2,
    },
    "an import": {
        "hilt/cli/diagnosis.py": 1,
    },
    "a file system": {
        "hilt/analysis/archive_addresses.py": 2,
    },
    "an SDK's object": {
        "hilt/core/known_credentials.py": 4,
    },
    "a log handler": {
        "hilt/core/guard.py": 1,
    },
}
"""How many handlers of any error there are, by what they guard and by file."""


@cache
def places() -> list[tuple[str, ast.ExceptHandler | ast.Call]]:
    """Every handler and every call of ``suppress`` in the packages, each with its file."""
    return [
        (path.relative_to(ROOT).as_posix(), node)
        for package in ("hilt", "hilt_otel_exporters")
        for path in sorted((ROOT / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        or (isinstance(node, ast.Call) and _name_of(node.func) == "suppress")
    ]


def _name_of(function: ast.expr) -> str | None:
    return getattr(function, "attr", None) or getattr(function, "id", None)


def handlers(caught: str) -> list[tuple[str, ast.ExceptHandler]]:
    """The handlers of a kind of error in the packages, each with its file."""
    return [
        (file, node)
        for file, node in places()
        if isinstance(node, ast.ExceptHandler) and caught in _names(node.type)
    ]


def _names(node: ast.AST | None) -> set[str]:
    if node is None:
        return {"BaseException"}
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def raises_again(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends by raising the very error that it caught."""
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def test_every_guard_is_in_the_table():
    """A handler of `Exception` is a new line here, with its reason, or catches less."""
    table = Counter()
    for files in GUARDS.values():
        table.update(files)

    assert Counter(file for file, _ in handlers("Exception")) == table


def test_errors_of_the_program_are_only_observed():
    """A handler of `BaseException` notes what happened, and raises it again."""
    assert [
        (file, handler.lineno)
        for file, handler in handlers("BaseException")
        if not raises_again(handler)
    ] == []


def test_no_error_of_any_kind_is_suppressed():
    """`contextlib.suppress` names what is expected."""
    calls = [(file, node) for file, node in places() if isinstance(node, ast.Call)]

    assert calls
    assert [
        (file, node.lineno)
        for file, node in calls
        if set().union(*map(_names, node.args)) & ANY_ERROR
    ] == []
