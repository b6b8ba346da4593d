"""Open a session, write a step, and then write from forked children that inherit the session."""

import os
import sys
import threading

from share import write_from_threads, write_steps

from hilt.io.session import Session

path, children, steps, rotate_bytes = sys.argv[1], *map(int, sys.argv[2:])
session = Session(path, rotate_bytes=rotate_bytes or None).open()
# The parent writes from a thread while it forks.
busy = threading.Thread(target=write_steps, args=(session, "parent", steps))
busy.start()
pids = []
for child in range(children):
    pid = os.fork()
    if pid == 0:
        write_from_threads(session, f"child{child}", steps)
        session.close()
        os._exit(3 if session.dropped else 0)
    pids.append(pid)
failed = [pid for pid in pids if os.waitpid(pid, 0)[1] != 0]
busy.join()
session.close()
sys.exit(1 if failed or session.dropped else 0)
