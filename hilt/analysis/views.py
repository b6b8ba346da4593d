"""The views over rows of events and calls, in SQL that SQLite and DuckDB both read."""

from __future__ import annotations

from hilt.analysis.tables import CALLS, EVENTS

__all__ = ["TABLES", "VIEWS"]

TABLES = {"_events": EVENTS, "_calls": CALLS}
"""The tables that views are made from, and their columns."""

VIEWS = {
    "events": f"SELECT {', '.join(EVENTS)} FROM _events",  # noqa: S608 # names of ours only
    "feedback": (
        "SELECT event_id, session_id, timestamp, actor_id AS user_id, reply_to, rating, "
        "comment, correction, actor_id AS user FROM _events WHERE action = 'feedback'"
    ),
    "calls": 'SELECT *, substr(timestamp, 1, 10) AS "day", user_id AS user FROM _calls',
    "conversations": (
        "SELECT session_id AS id, min(started) AS started, max(timestamp) AS ended, "
        "count(*) AS calls, sum(failed) AS failed, min(user_id) AS user_id, "
        "sum(tokens_in) AS tokens_in, sum(tokens_out) AS tokens_out, sum(cost_usd) AS cost_usd, "
        "min(user_id) AS user "
        "FROM _calls GROUP BY session_id"
    ),
}
"""The views by name; days are those of UTC, like timestamps.

Who asked is ``user_id``; ``user`` is another name for it, because without such a column DuckDB and
Spark would answer ``SELECT user`` with the user of the database.
"""
