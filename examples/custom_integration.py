"""Manual events: log what no instrumentor observes, such as a guardrail, a tool, or feedback.

    pip install .
    python examples/custom_integration.py

The pattern: create an `Event`, describe its origin in `provenance`, link it to another event with
`reply_to`, and append it to a `Session`.
"""

import time

from hilt import Actor, Content, Event, Metrics, Session, feedback


def guardrail(session: Session, prompt: Event) -> None:
    """Log the verdict of a check, linked to the prompt that was checked."""
    started = time.perf_counter()
    has_address = "@" in (prompt.content.text if prompt.content and prompt.content.text else "")
    session.append(
        Event(
            session_id=prompt.session_id,
            actor=Actor("system", "guardrail"),
            action="system",
            content=Content(text="Email address found." if has_address else "Nothing found."),
            metrics=Metrics(latency_ms=(time.perf_counter() - started) * 1000),
            provenance={"guardrail": "email-addresses", "version": "3"},
            extensions={"reply_to": prompt.event_id, "score": 1.0 if has_address else 0.0},
        )
    )


def main() -> None:
    """A prompt, a guardrail's verdict, a tool result, an answer, and feedback on it."""
    with Session("logs/custom.jsonl") as session:
        prompt = session.append(
            Event(
                session_id="ticket-7",
                actor=Actor("human", "bob"),
                action="prompt",
                content=Content(text="Please write to bob@example.org"),
            )
        )
        guardrail(session, prompt)
        session.append(
            Event(
                session_id="ticket-7",
                actor=Actor("tool", "mailer"),
                action="tool_result",
                content=Content(tool={"name": "mailer", "result": {"sent": True}}),
                provenance={"tool": "mailer", "host": "mail-1"},
                extensions={"reply_to": prompt.event_id},
            )
        )
        answer = session.append(
            Event(
                session_id="ticket-7",
                actor=Actor("agent", "own-model"),
                action="completion",
                content=Content(text="I wrote to Bob."),
                metrics=Metrics(tokens={"prompt": 12, "completion": 5, "total": 17}),
                extensions={"reply_to": prompt.event_id, "model": "own-model-1"},
            )
        )
        feedback(answer.event_id, rating=5, comment="Quick!", user="bob", session=session)
        for event in session.read():
            print(f"{event.action:12} {event.actor.type}:{event.actor.id}")


if __name__ == "__main__":
    main()
