"""Log while the disk is replaced by one that can only be read; print the log and the warnings."""

import json
import logging
import subprocess
import sys
import time
from pathlib import Path

from hilt.core.event import Event
from hilt.io.session import Session

folder = Path(sys.argv[1])
warnings: list[str] = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
logging.getLogger("hilt").addHandler(handler)
session = Session(folder / "log.jsonl").open()


def log(numbers: range) -> None:
    """Append events with these numbers."""
    for number in numbers:
        session.append(
            Event(
                session_id="disk",
                actor={"type": "human", "id": "user"},
                action="prompt",
                extensions={"number": number},
            )
        )


log(range(10))
subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], check=True)
time.sleep(0.03)  # where the path leads is asked every 20 ms
log(range(10, 20))
subprocess.run(["umount", folder], check=True)
log(range(20, 30))
session.close()
print(json.dumps({"warnings": warnings, "log": (folder / "log.jsonl").read_text()}))
