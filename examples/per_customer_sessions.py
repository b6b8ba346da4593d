"""One log per customer: route calls by the context that they are made in.

    python examples/per_customer_sessions.py

`use_session` follows contextvars, so it is right in threads and in async tasks: 20 customers are
served at once here, and nobody's words are in anybody else's file.
"""

import asyncio
from pathlib import Path

from openai import AsyncOpenAI

from hilt import Session, conversation, get_context, instrument, uninstrument
from hilt.testing.provider import stand_in


async def serve(client: AsyncOpenAI, customer: str, session: Session) -> None:
    """Answer one customer; what is called in here is logged to their session."""
    with get_context().use_session(session), conversation(f"chat-{customer}", user=customer):
        for question in ("Where is my order?", "And when will it come?"):
            await client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": f"{customer}: {question}"}],
            )


async def main() -> None:
    """Serve all customers at once, then look who is in whose log."""
    customers = [f"customer-{number:02}" for number in range(20)]
    with stand_in("openai"):
        instrument(filepath="logs/everyone-else.jsonl", providers=["openai"])
        sessions = {name: Session(f"logs/customers/{name}.jsonl") for name in customers}
        async with AsyncOpenAI() as client:
            await asyncio.gather(*(serve(client, name, sessions[name]) for name in customers))
        uninstrument()
    for name, session in sessions.items():
        speakers = {event.actor.id for event in session.read() if event.action == "prompt"}
        assert speakers == {name}, speakers
        session.close()
    print(f"{len(customers)} logs in {Path('logs/customers')}, each with one customer's words")


if __name__ == "__main__":
    asyncio.run(main())
