"""A row that says how many events are missing because the outbox had no room for them."""

from __future__ import annotations

from hilt.core.event import Actor, Content, Event
from hilt.io.sheets.outbox import Outbox

__all__ = ["report_drops"]


def report_drops(outbox: Outbox, total: int) -> None:
    """Add a row to the sheet that says that events were dropped, if none does so yet.

    Args:
        outbox: The outbox that this process sends from.
        total: How many events were dropped so far.

    Raises:
        OSError: If that cannot be noted.
    """
    new = total - outbox.state.drops_reported
    if new <= 0:
        return
    outbox.note_drops_reported(total)
    outbox.append(_drop_event(new).encode() + b"\n", 1)


def _drop_event(count: int) -> Event:
    return Event(
        session_id="hilt",
        actor=Actor(type="system", id="hilt"),
        action="system",
        content=Content(
            text=f"{count} events were dropped, because the outbox was full or could not be "
            "written to"
        ),
        extensions={"error_code": "dropped", "dropped": count},
    )
