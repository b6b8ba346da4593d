"""One log per customer: the context of a call decides which log it goes to.

    pip install ".[openai]"
    python examples/per_customer_sessions.py

`use_session` uses contextvars, so it works in threads and in async tasks: this program serves 20
customers at once, and the log of each customer has only their own calls.
"""

import asyncio
from pathlib import Path

from openai import AsyncOpenAI

from hilt import Session, conversation, get_context, instrument, open_log, uninstrument
from hilt.testing.provider import stand_in


async def serve(client: AsyncOpenAI, customer: str, session: Session) -> None:
    """Answer one customer; the calls made here are logged to the customer's session."""
    with get_context().use_session(session), conversation(f"chat-{customer}", user=customer):
        for question in ("Where is my order?", "And when will it arrive?"):
            await client.chat.completions.create(
                model="gpt-4o-mini",
                messages=[{"role": "user", "content": f"{customer}: {question}"}],
            )


async def main() -> None:
    """Serve all customers at once, then check that the logs are separate."""
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
    folder = Path("logs/customers")
    print(f"{len(customers)} logs in {folder}, each with the calls of one customer:")
    for call in open_log(folder / f"{customers[7]}.jsonl").calls():
        print(f"{call.user}  {call.prompt_text} -> {call.answer_text}")


if __name__ == "__main__":
    asyncio.run(main())
