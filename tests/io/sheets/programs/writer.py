"""Writes calls (a prompt and a completion each) to a sheet, as a program with HILT does."""

from __future__ import annotations

import json
import sys
import time

from hilt.core.event import Actor, Content, Event
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink

task = json.loads(sys.argv[1])
pace = Pace(
    minute_s=1.02, connect_s=2, read_s=task.get("read_s", 0.5), settle_s=1.5, backoff_s=0.05,
    backoff_cap_s=0.5, poll_s=0.02, exit_s=5, batch_rows=task.get("batch_rows", 500),
)  # fmt: skip
sink = SheetsSink(
    sheet_id="book", credentials_path=task["key"], outbox=task["outbox"],
    api_root=task["api_root"], columns=["timestamp", "conversation_id", "message", "cost_usd"],
    pace=pace,
)  # fmt: skip
sink.open()
name = task["name"]
for number in range(task["calls"]):
    events = [
        Event(session_id=name, actor=Actor(type=kind, id=kind), action=action,
              content=Content(text=f"{name} {number} {action}"))
        for kind, action in (("human", "prompt"), ("agent", "completion"))
    ]  # fmt: skip
    for event in events:
        sink.write(event.encode() + b"\n", 1)
    if task.get("progress"):
        print(number, flush=True)
    time.sleep(task.get("pause_s", 0.0))
print("written", flush=True)
if task.get("wait"):
    time.sleep(60)
print("delivered" if sink.flush(task.get("flush_s", 60)) else "not delivered", flush=True)
sink.close()
