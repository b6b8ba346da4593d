"""Log on a disk that gets full, and go on when there is room; print what happened as JSON."""

import json
import logging
import resource
import sys
from pathlib import Path

from hilt.core.event import Event
from hilt.io.jsonl import backlog
from hilt.io.session import Session

kind, folder, backlog_bytes = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
backlog.BACKLOG_BYTES = backlog_bytes or backlog.BACKLOG_BYTES
warnings: list[str] = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
logging.getLogger("hilt").addHandler(handler)

ballast = folder / "ballast"
if kind == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
else:
    ballast.write_bytes(b"x" * 900_000)
session = Session(folder / "log.jsonl").open()


def log(numbers: range) -> None:
    """Append events with these numbers."""
    for number in numbers:
        session.append(
            Event(
                session_id="disk",
                actor={"type": "human", "id": "user"},
                action="prompt",
                content={"text": "text " * 100},
                extensions={"number": number},
            )
        )


log(range(500))
assert not session.flush(0)
while_full = list(warnings)
if kind == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
else:
    ballast.unlink()
log(range(500, 600))
session.close()
print(
    json.dumps(
        {
            "dropped": session.dropped,
            "while_full": while_full,
            "warnings": warnings,
            "log": (folder / "log.jsonl").read_text(),
        }
    )
)
