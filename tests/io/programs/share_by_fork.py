"""Open a session, write a step, and then write from forked children that inherit the session."""

import os
import sys
import threading

from share import opened, write_from_threads, write_steps

path, children, steps, rotate_bytes, kind = sys.argv[1:]
session, write = opened(path, rotate_bytes, kind)
# The parent writes from a thread while it forks.
busy = threading.Thread(target=write_steps, args=(write, "parent", int(steps)))
busy.start()
pids = []
for child in range(int(children)):
    pid = os.fork()
    if pid == 0:
        write_from_threads(write, f"child{child}", int(steps))
        session.close()
        os._exit(3 if session.dropped else 0)
    pids.append(pid)
failed = [pid for pid in pids if os.waitpid(pid, 0)[1] != 0]
busy.join()
session.close()
sys.exit(1 if failed or session.dropped else 0)
