"""Writes calls (a prompt and a completion each) to a sheet, as a program with HILT does."""

from __future__ import annotations

import json
import sys
import time

from hilt.core.event import Actor, Content, Event
from hilt.core.exceptions import HILTError
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink

task = json.loads(sys.argv[1])
pace = Pace(
    minute_s=1.02, connect_s=2, read_s=task.get("read_s", 0.5), settle_s=1.5, backoff_s=0.05,
    backoff_cap_s=0.5, poll_s=0.02, exit_s=5, batch_rows=task.get("batch_rows", 500),
)  # fmt: skip
sink = SheetsSink(
    sheet_id="book", credentials_path=task["key"], outbox=task["outbox"],
    api_root=task["api_root"], pace=pace, rollover_cells=task.get("rollover_cells", 8_000_000),
    columns=None if task.get("rows") == "calls"
    else ["timestamp", "conversation_id", "message", "cost_usd"],
)  # fmt: skip
sink.outbox._writer.segment_bytes = task.get("segment_bytes", 4_000_000)
if task.get("setup"):
    for line in sink.setup():
        print(line, flush=True)
while True:
    try:
        sink.open()
    except HILTError:
        # A refusal while a program starts is an error of its set-up; this one starts again.
        continue
    break
for late in task.get("late", ()):
    # The prompt's program has died.
    ending = Event(session_id="late", actor=Actor(type="agent", id="agent"), action="completion",
                   content=Content(text=f"late {late}"), extensions={"reply_to": late})  # fmt: skip
    sink.write(ending.encode() + b"\n", 1)
name = task["name"]
for number in range(task["calls"]):
    events = [
        Event(session_id=name, actor=Actor(type=kind, id=kind), action=action,
              content=Content(text=f"{name} {number} {action}"))
        for kind, action in (("human", "prompt"), ("agent", "completion"))
    ]  # fmt: skip
    events[1].extensions = {"reply_to": events[0].event_id}
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
