"""Queries on an archive, in SQL that DuckDB and Spark both read unchanged.

They read ``archive``, which has the columns of `event_columns` and ``day``; parameters are ``?``,
in order. Calls and their values are those of `hilt.analysis.calls`.
"""

from __future__ import annotations

from collections.abc import Sequence

from hilt.analysis.calls import FAILURES, FIRST_ERROR_STATUS, UNANSWERED
from hilt.core.exceptions import ConfigurationError

__all__ = ["CALLS", "CONVERSATIONS", "KEYS", "SHARES", "USES", "counts_sql", "sums_sql"]

SHARES = (0.5, 0.95, 0.99)
"""The percentiles of latencies that are computed, as shares of the calls."""

_FAILED = ", ".join(f"'{outcome}'" for outcome in sorted(FAILURES))

CALLS = f"""
openings AS (
    SELECT event_id AS opening_id, min(action) AS opening_action, min(actor_id) AS opening_actor,
        min(timestamp) AS started, min(text) AS prompt,
        min(coalesce(nullif(span_id, ''), CAST(timestamp AS STRING))) AS opening_key
    FROM events WHERE action IN ('prompt', 'tool_result')
    GROUP BY event_id
),
endings AS (
    SELECT * FROM events WHERE action IN ('completion', 'embedding', 'rerank', 'system')
),
joined AS (
    SELECT * FROM endings LEFT JOIN openings ON opening_id = reply_to
    WHERE action <> 'system' OR opening_id IS NOT NULL
        OR (step IS NULL AND phase IS NULL AND (outcome IS NOT NULL OR error_code IS NOT NULL))
    UNION ALL
    SELECT * FROM (
        SELECT * FROM events WHERE action = 'prompt' AND NOT EXISTS (
            SELECT 1 FROM endings WHERE endings.reply_to = events.event_id
        )
    ) AS unanswered JOIN openings ON opening_id = event_id
),
outcomes AS (
    SELECT *, CASE action
        WHEN 'prompt' THEN '{UNANSWERED}'
        WHEN 'system' THEN coalesce(nullif(outcome, ''), 'failed')
        ELSE coalesce(nullif(outcome, ''), 'completed') END AS ending
    FROM joined
),
calls AS (
    SELECT event_id AS id, session_id, timestamp, day, coalesce(started, timestamp) AS started,
        CASE WHEN opening_action = 'prompt' THEN opening_actor END AS user_id,
        coalesce(nullif(provider, ''), CASE WHEN actor_type = 'agent' THEN nullif(actor_id, '') END)
            AS provider,
        coalesce(nullif(response_model, ''), nullif(model, ''), nullif(request_model, ''))
            AS model,
        coalesce(nullif(model, ''), nullif(request_model, '')) AS request_model,
        coalesce(nullif(operation, ''), CASE action
            WHEN 'embedding' THEN 'embeddings' WHEN 'rerank' THEN 'rerank' ELSE 'chat' END)
            AS operation,
        ending AS outcome, (ending IN ({_FAILED}) OR error_code IS NOT NULL
            OR coalesce(status_code, 0) >= {FIRST_ERROR_STATUS}) AS failed,
        error_code, status_code, finish_reason, prompt,
        CASE WHEN action <> 'prompt' THEN text END AS answer,
        tokens_in, tokens_out, tokens_cached, cost_usd, cost_unknown, latency_ms,
        time_to_first_chunk_ms, opening_key
    FROM outcomes
)"""  # noqa: S608 # names of ours
"""The calls of ``events``; a call without an ending has the id of its prompt.

Each ending makes one call, even if a log was archived twice: openings with the same id count once.
"""

USES = """
uses AS (
    SELECT reply_to AS call_id, tool AS used FROM events
    WHERE action = 'tool_call' AND tool IS NOT NULL AND reply_to IS NOT NULL
    UNION
    SELECT calls.id AS call_id, events.actor_id AS used FROM calls JOIN events
    ON events.session_id = calls.session_id AND events.action = 'tool_result'
        AND coalesce(nullif(events.span_id, ''), CAST(events.timestamp AS STRING)) = opening_key
)"""
"""The tools that each call calls, or whose results it sends."""

_TOOL_USES = """
tool_uses AS (
    SELECT reply_to AS call_id, tool AS used, count(DISTINCT event_id) AS uses FROM events
    WHERE action = 'tool_call' AND tool IS NOT NULL AND reply_to IS NOT NULL
    GROUP BY reply_to, tool
)"""
"""How often each call calls each tool."""

CONVERSATIONS = """
SELECT session_id AS id, min(started) AS started, max(timestamp) AS ended, count(*) AS calls,
    sum(CASE WHEN failed THEN 1 ELSE 0 END) AS failed, min(user_id) AS user_id,
    sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd,
    min(user_id) AS user
FROM calls GROUP BY session_id"""
"""The sums of the calls for each id of a conversation."""

_DAY = "coalesce(CAST(CAST(timestamp AS DATE) AS STRING), '(unknown)')"
KEYS = {
    "model": "coalesce(model, '(unknown)')",
    "provider": "coalesce(provider, '(unknown)')",
    "user": "coalesce(nullif(user_id, ''), '(none)')",
    "session": "session_id",
    "outcome": "outcome",
    "operation": "operation",
    "error": "coalesce(nullif(error_code, ''), '(none)')",
    "tool": "coalesce(used, '(none)')",
    "month": "coalesce(substr(CAST(CAST(timestamp AS DATE) AS STRING), 1, 7), '(unknown)')",
    "day": _DAY,
    # Not concat(), which treats NULL as an empty text in DuckDB.
    "hour": (
        "coalesce(CAST(CAST(timestamp AS DATE) AS STRING) || ' ' || "
        "lpad(CAST(hour(timestamp) AS STRING), 2, '0') || ':00', '(unknown)')"
    ),
}
"""What calls can be grouped by; months, days and hours are those of the session's time zone."""


def sums_sql(keys: Sequence[str], events: str, where: str) -> str:
    """SQL for the sums of each group and, where the first column is 1, of all calls.

    Args:
        keys: Names of `KEYS`.
        events: SQL for the events that matter.
        where: What a call must be.

    Raises:
        ConfigurationError: If there is no such key.
    """
    names = [f"key_{number}" for number in range(len(keys))]
    uses = "sum(uses)" if "tool" in keys else "0"
    groups = f" GROUP BY GROUPING SETS (({', '.join(names)}), ())" if names else ""
    total = f"grouping({names[0]})" if names else "1"
    shares = ", ".join(
        f"percentile_cont({share}) WITHIN GROUP (ORDER BY {column})"
        for column in ("answered_ms", "time_to_first_chunk_ms")
        for share in SHARES
    )
    return f"""WITH {_keyed(keys, events, where)}
SELECT {", ".join([f"{total} AS is_total", *names])}, {uses} AS uses, count(*) AS calls,
    sum(CASE WHEN failed THEN 1 ELSE 0 END) AS failed,
    sum(coalesce(tokens_in, 0)) AS tokens_in, sum(coalesce(tokens_out, 0)) AS tokens_out,
    sum(coalesce(tokens_cached, 0)) AS tokens_cached, sum(cost_usd) AS cost_usd,
    sum(CASE WHEN latency_ms IS NOT NULL AND tokens_out <> 0 THEN tokens_out END) AS output_tokens,
    sum(CASE WHEN latency_ms IS NOT NULL AND tokens_out <> 0 THEN latency_ms END) AS output_ms,
    {shares}
FROM keyed{groups}"""  # noqa: S608 # names of ours


def counts_sql(keys: Sequence[str], events: str, where: str) -> str:
    """SQL that counts the calls of each group by outcome and by the reason why a cost is unknown.

    Args:
        keys: Names of `KEYS`.
        events: SQL for the events that matter.
        where: What a call must be.
    """
    names = [*(f"key_{number}" for number in range(len(keys))), "outcome", "unknown"]
    return f"""WITH {_keyed(keys, events, where)}
SELECT {", ".join(names)}, count(*) AS calls FROM keyed GROUP BY {", ".join(names)}"""  # noqa: S608


def _keyed(keys: Sequence[str], events: str, where: str) -> str:
    for key in keys:
        if key not in KEYS:
            names = ", ".join(sorted(KEYS))
            raise ConfigurationError(f"by: no key {key!r}; expected one of {names}")
    columns = "".join(f"{KEYS[key]} AS key_{number}, " for number, key in enumerate(keys))
    uses = " LEFT JOIN tool_uses ON call_id = id" if "tool" in keys else ""
    return f"""events AS ({events}),{CALLS},{USES},{_TOOL_USES},
keyed AS (
    SELECT {columns}*, CASE WHEN outcome NOT IN ({_FAILED}) THEN latency_ms END AS answered_ms,
        CASE WHEN cost_usd IS NULL THEN cost_unknown END AS unknown
    FROM calls{uses} WHERE {where}
)"""  # noqa: S608 # names of ours
