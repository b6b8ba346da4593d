"""Runs the command, and interrupts it when it begins to work, as Ctrl-C does.

``python interrupted.py EVENT WHAT ARGUMENTS...``: at the first audit event of Python of this name
(https://docs.python.org/3/library/audit_events.html) whose arguments contain WHAT, the process
sends itself SIGINT.
"""

from __future__ import annotations

import os
import signal
import sys


def main() -> None:
    """Run the command with the arguments after the first two."""
    event, what = sys.argv[1], sys.argv[2]
    sys.argv = ["hilt", *sys.argv[3:]]
    from hilt.cli.main import main as hilt

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background process may ignore it
    process, is_sent = os.getpid(), False

    def interrupt(name: str, arguments: tuple[object, ...]) -> None:
        nonlocal is_sent
        if name == event and not is_sent and process == os.getpid() and what in repr(arguments):
            is_sent = True
            os.kill(process, signal.SIGINT)

    sys.addaudithook(interrupt)
    hilt()


if __name__ == "__main__":
    main()
