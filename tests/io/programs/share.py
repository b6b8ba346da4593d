"""Write numbered steps of two events from four threads, as one of several processes.

A step is one append of a prompt and its completion, or one call of an OpenAI client.
"""

import sys
import threading
from collections.abc import Callable

import hilt
from hilt.core.event import Event
from hilt.io.session import Session

THREADS = 4
Step = Callable[[str, int], None]


def opened(path: str, rotate_bytes: str, kind: str) -> tuple[Session, Step]:
    """A session for a path, and what makes one step."""
    session = Session(path, rotate_bytes=int(rotate_bytes) or None).open()
    if kind == "calls":
        from calls import call, client

        hilt.instrument(session=session, providers=["openai"])
        caller = client()
        call(caller, "first 0")
        return session, lambda writer, step: call(caller, f"{writer} {step}")
    return session, lambda writer, step: append(session, writer, step)


def append(session: Session, writer: str, step: int) -> None:
    """Append a prompt and its completion as one step."""
    text = f"{writer} {step}" + " " * (step % 250)
    prompt = Event(
        session_id=writer,
        actor={"type": "human", "id": "x"},
        action="prompt",
        content={"text": text},
    )
    completion = Event(
        session_id=writer,
        actor={"type": "agent", "id": "x"},
        action="completion",
        content={"text": text},
        extensions={"reply_to": prompt.event_id},
    )
    session.append_all([prompt, completion])


def write_steps(write: Step, writer: str, steps: int) -> None:
    """Write so many steps."""
    for step in range(steps):
        write(writer, step)


def write_from_threads(write: Step, process: str, steps: int) -> None:
    """Write so many steps from each of four threads."""
    threads = [
        threading.Thread(target=write_steps, args=(write, f"{process}-{number}", steps))
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    path, process, steps, rotate_bytes, kind = sys.argv[1:]
    session, write = opened(path, rotate_bytes, kind)
    write_from_threads(write, process, int(steps))
    session.close()
    assert session.dropped == 0
