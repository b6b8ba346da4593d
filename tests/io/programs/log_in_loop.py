"""Log numbered events for ever, and print each number when its append has returned.

Between two of them it pauses for up to as many seconds as the last argument says.
"""

import os
import random
import sys
import time

from hilt.core.event import Event
from hilt.io.session import Session

path, first, rotate_bytes, longest_pause = sys.argv[1], *map(int, sys.argv[2:4]), float(sys.argv[4])
session = Session(path, rotate_bytes=rotate_bytes or None).open()
number = first
while True:
    # Long lines take the kernel long enough to be killed in the middle of one.
    text = "x" * random.choice((10, 1000, 20_000, 300_000))
    session.append(
        Event(
            session_id="loop",
            actor={"type": "human", "id": "user"},
            action="prompt",
            content={"text": text},
            extensions={"number": number},
        )
    )
    os.write(1, b"%d\n" % number)
    number += 1
    time.sleep(random.random() * longest_pause)
