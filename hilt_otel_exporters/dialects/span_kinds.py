"""What a span stands for: a call of a model, or a step of what goes on around it."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["MODEL_OPERATIONS", "kind_of"]

MODEL_OPERATIONS = {
    "model": "chat",
    "embedding": "embeddings",
    "rerank": "rerank",
}
"""Kinds that are calls of a model, and the operation of one that names none."""

_OPERATIONS = {
    **dict.fromkeys(
        ("chat", "text_completion", "generate_content", "fetch_response", "completion"), "model"
    ),
    "embeddings": "embedding",
    "rerank": "rerank",
    **dict.fromkeys(("retrieval", "vector_db_retrieve", "search_memory"), "retrieval"),
    "execute_tool": "tool",
    **dict.fromkeys(("invoke_agent", "create_agent"), "agent"),
    "invoke_workflow": "workflow",
    "chain": "chain",
    "image_generation": "model",
}
_BY_ATTRIBUTE: tuple[tuple[str, dict[str, str]], ...] = (
    (
        "langsmith.span.kind",  # before the operation, which it gets wrong for retrievers
        {"llm": "model", "retriever": "retrieval", "tool": "tool", "chain": "chain"}
        | {"embedding": "embedding", "agent": "agent"},
    ),
    (semconv.OPERATION_NAME, _OPERATIONS),
    (
        "openinference.span.kind",
        {"LLM": "model", "EMBEDDING": "embedding", "RETRIEVER": "retrieval", "TOOL": "tool"}
        | {"RERANKER": "rerank", "AGENT": "agent", "CHAIN": "chain"},
    ),
    (
        "langfuse.observation.type",
        {"generation": "model", "embedding": "embedding", "retriever": "retrieval"}
        | {"tool": "tool", "agent": "agent", "chain": "chain"},
    ),
    (
        "mlflow.spanType",
        {"CHAT_MODEL": "model", "LLM": "model", "EMBEDDING": "embedding", "TOOL": "tool"}
        | {"RETRIEVER": "retrieval", "RERANKER": "rerank", "AGENT": "agent"}
        | {"CHAIN": "chain", "WORKFLOW": "workflow"},
    ),
    (
        "traceloop.span.kind",
        {"workflow": "workflow", "agent": "agent", "tool": "tool"},
    ),
    (
        "llm.request.type",
        {"chat": "model", "completion": "model", "embedding": "embedding", "rerank": "rerank"},
    ),
)
_MODEL_SIGNS = (semconv.REQUEST_MODEL, semconv.RESPONSE_MODEL, "gcp.vertex.agent.llm_request")
_BY_NAME = {"call_llm": "model", "agent_run": "agent", "invocation": "workflow"}


def kind_of(record: SpanRecord) -> tuple[str, str]:
    """The kind of a span, and its operation in the conventions' words.

    Kinds are ``model``, ``embedding``, ``rerank``, ``retrieval``, ``tool``, ``agent``,
    ``workflow``, ``chain``, and ``step`` for plumbing that is worth no event.
    """
    vercel = record.attributes.get("ai.operationId")
    if isinstance(vercel, str):
        return _vercel(vercel)
    if record.scope == "gcp.vertex.agent" and semconv.OPERATION_NAME not in record.attributes:
        kind = _BY_NAME.get(record.name.split(" ")[0], "step")
        return kind, {"agent": "invoke_agent", "workflow": "invoke_workflow"}.get(kind, "chat")
    for name, kinds in _BY_ATTRIBUTE:
        value = record.attributes.get(name)
        if value is not None:
            kind = kinds.get(str(value), "step")
            return kind, _operation(record, kind)
    if record.scope.startswith("com.anthropic.sdk"):
        return "step", ""  # of its requests that are no calls, some name a model: token counts
    if any(name in record.attributes for name in _MODEL_SIGNS):
        return "model", "chat"
    return "step", ""


def _operation(record: SpanRecord, kind: str) -> str:
    said = record.attributes.get(semconv.OPERATION_NAME)
    if isinstance(said, str) and _OPERATIONS.get(said) == kind and said != "completion":
        return said
    return {
        **MODEL_OPERATIONS,
        "retrieval": "retrieval",
        "tool": "execute_tool",
        "agent": "invoke_agent",
        "workflow": "invoke_workflow",
        "chain": "chain",
    }.get(kind, "")


def _vercel(operation: str) -> tuple[str, str]:
    name, _, inner = operation.removeprefix("ai.").partition(".")
    if name == "toolCall":
        return "tool", "execute_tool"
    if inner:
        return ("embedding", "embeddings") if name.startswith("embed") else ("model", "chat")
    return "chain", "chain"
