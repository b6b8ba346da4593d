"""Makes real OpenAI calls under ``instrument()`` with the sheets backend, as a user's program."""

from __future__ import annotations

import json
import sys

from openai import OpenAI

from hilt import flush, instrument, uninstrument
from hilt.io.session import Session
from hilt.io.sheets.pace import Pace
from hilt.io.sheets.sink import SheetsSink

task = json.loads(sys.argv[1])
pace = Pace(
    minute_s=1.02, connect_s=2, read_s=0.5, settle_s=1.5, backoff_s=0.05, backoff_cap_s=0.5,
    poll_s=0.02, exit_s=5, batch_rows=40,
)  # fmt: skip
sink = SheetsSink(
    sheet_id="book", credentials_path=task["key"], outbox=task["outbox"],
    api_root=task["api_root"], columns=["timestamp", "conversation_id", "action", "message"],
    pace=pace,
)  # fmt: skip
instrument(session=Session(sink).open(), providers=["openai"])
client = OpenAI(base_url=task["openai"], api_key="test", max_retries=0)
for number in range(task["calls"]):
    client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[{"role": "user", "content": f"{task['name']} {number}"}],
    )
print("written", flush=True)
print("delivered" if flush(240) else "not delivered", flush=True)
uninstrument()
