"""Write numbered steps of two events from four threads, as one of several processes."""

import sys
import threading

from hilt.core.event import Event
from hilt.io.session import Session

THREADS = 4


def write_steps(session: Session, writer: str, steps: int) -> None:
    """Write steps of a prompt and its completion, each in one append."""
    for step in range(steps):
        session.append_all(
            Event(
                session_id=writer,
                actor={"type": actor, "id": "x"},
                action=action,
                content={"text": "text " * (step % 50)},
                extensions={"step": step},
            )
            for actor, action in (("human", "prompt"), ("agent", "completion"))
        )


def write_from_threads(session: Session, process: str, steps: int) -> None:
    """Write so many steps from each of four threads."""
    threads = [
        threading.Thread(target=write_steps, args=(session, f"{process}-{number}", steps))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    path, process, steps, rotate_bytes = sys.argv[1:]
    with Session(path, rotate_bytes=int(rotate_bytes) or None) as session:
        write_from_threads(session, process, int(steps))
        assert session.dropped == 0
