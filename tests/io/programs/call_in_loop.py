"""Instrument, then kill forked children that make calls, at random moments.

Children print to stdout: ``sent N`` when the request has left, ``done N`` when the call
has returned to its caller.
"""

import os
import random
import signal
import sys
import time

from calls import call, client

import hilt

path, kills, rotate_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
session = hilt.Session(path, rotate_bytes=rotate_bytes or None)
hilt.instrument(session=session, providers=["openai"])
caller = client(output=1, thinking_s=0.004)
for kill in range(kills):
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        number = kill * 10_000
        while True:
            call(caller, str(number))
            os.write(1, b"done %d\n" % number)
            if number == kill * 10_000:
                os.write(go, b"x")
            number += 1
    os.close(go)
    os.read(ready, 1)
    os.close(ready)
    time.sleep(random.random() * 0.03)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
