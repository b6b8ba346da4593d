"""What the finish reasons of all providers mean: complete, cut off, filtered, or failed.

Each provider has names of its own. What is not in these tables is kept as it came, and an answer
that has such a reason and no content has failed: nothing shows that it is complete.
"""

from __future__ import annotations

from collections.abc import Sequence

from hilt.genai.values import Failure, Response

__all__ = ["failure_of_finish_reason", "finish_reason_of", "judge", "outcome_of"]

_STOP = (
    "stop", "end_turn", "stop_sequence", "complete", "completed", "eos", "eos_token", "endoftext",
    "finish", "finished", "stop_criteria_met", "stop_sequence_reached", "end", "done", "success",
)  # fmt: skip
_LENGTH = (
    "length", "max_tokens", "max_output_tokens", "max_tokens_reached", "max_completion_tokens",
    "max_length", "model_context_window_exceeded", "context_length_exceeded", "error_limit",
    "model_length", "token_limit", "time_limit", "incomplete", "continuation",
    "requires_continuation", "budget_exceeded", "repetition_truncation",
)  # fmt: skip
_FILTERED = (
    "content_filter", "content_filtered", "filtered", "safety", "recitation", "blocklist",
    "prohibited_content", "spii", "image_safety", "guardrail_intervened", "guardrails", "refusal",
    "error_toxic", "language", "image_prohibited_content", "image_recitation", "model_armor",
    "jailbreak", "sensitive", "moderation", "blocked", "escalation",
)  # fmt: skip
_TOOL_CALL = (
    "tool_call", "tool_calls", "tool_use", "tool-calls", "function_call", "requires_action",
)  # fmt: skip
_FAILURES = {
    "error": "server_error",
    "failed": "server_error",
    "inference_error": "server_error",
    "network_error": "server_error",
    "malformed_function_call": "server_error",
    "malformed_model_output": "server_error",
    "malformed_response": "server_error",
    "malformed_tool_use": "server_error",
    "unexpected_tool_call": "server_error",
    "too_many_tool_calls": "server_error",
    "no_image": "server_error",
    "missing_thought_signature": "invalid_request",
    "pup_limited_disabled": "permission_denied",  # Gemini: the account broke a policy
    "insufficient_system_resource": "overloaded",
    "insufficient_system_resources": "overloaded",
    "over_capacity": "overloaded",
    "overloaded": "overloaded",
    "timeout": "timeout",
    "expired": "timeout",
    "other": "unknown",
    "image_other": "unknown",
    "abort": "cancelled",
    "aborted": "cancelled",
    "cancelled": "cancelled",
    "user_cancel": "cancelled",
}
"""The ``error_code`` for each reason that means a failure."""
_COMPLETE_AS_THEY_ARE = frozenset((
    "pause_turn", "compaction", "load", "unload", "rag_query_when_rag_disabled",
))  # fmt: skip
"""Complete without content, under a name that the conventions have nothing for."""

_NAMES = {
    **dict.fromkeys(_STOP, "stop"),
    **dict.fromkeys(_LENGTH, "length"),
    **dict.fromkeys(_FILTERED, "content_filter"),
    **dict.fromkeys(_TOOL_CALL, "tool_call"),
    **dict.fromkeys(_FAILURES, "error"),
}
_OUTCOMES = {"length": "length", "content_filter": "filtered"}
_CANCELLED_STATUS = 499


def finish_reason_of(reason: str) -> str:
    """The conventions' name of a finish reason, or the provider's own where none fits."""
    return _NAMES.get(_plain_name(reason), reason)


def outcome_of(finish_reasons: Sequence[str]) -> str:
    """``completed``, ``length``, ``filtered`` or a failure's, from the first choice's reason."""
    if not finish_reasons or finish_reasons[0] == "stop":
        return "completed"
    failure = failure_of_finish_reason(finish_reasons[0])
    if failure is not None:
        return failure.outcome
    return _OUTCOMES.get(finish_reason_of(finish_reasons[0]), "completed")


def failure_of_finish_reason(reason: str) -> Failure | None:
    """The failure that a finish reason means, if it means one."""
    code = _FAILURES.get(_plain_name(reason))
    return None if code is None else _failure(code, reason, "the answer ended")


def judge(response: Response) -> str:
    """The outcome of an answer by its own account; its failure is set, if it means one."""
    reasons = response.finish_reasons
    if response.failure is None and not response.outcome and reasons and reasons[0] != "stop":
        response.failure = failure_of_finish_reason(reasons[0])
        if response.failure is None and _is_unknown(reasons[0]) and _is_empty(response):
            response.failure = _failure("unknown", reasons[0], "the answer is empty")
    if response.failure is not None:
        return response.failure.outcome
    return response.outcome or outcome_of(reasons)


def _failure(code: str, reason: str, what: str) -> Failure:
    is_cancelled = code == "cancelled"
    return Failure(
        error_code=code,
        error_type=reason,
        message=f"{what}, with the finish reason {reason!r}",
        status_code=_CANCELLED_STATUS if is_cancelled else None,
        outcome="cancelled" if is_cancelled else "failed",
        provider_code=reason,
    )


def _is_unknown(reason: str) -> bool:
    name = _plain_name(reason)
    return name not in _NAMES and name not in _COMPLETE_AS_THEY_ARE


def _is_empty(response: Response) -> bool:
    """Whether the first choice came, and has nothing in it."""
    return bool(response.messages) and not any(
        part.get("type") != "text" or part.get("content") for part in response.messages[0]["parts"]
    )


def _plain_name(reason: str) -> str:
    """A reason as the tables have it; ``FinishReason.SAFETY`` is the name of an enum."""
    return reason.rpartition(".")[2].lower()
