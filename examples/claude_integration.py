"""Claude: log calls as they are made, and one response manually.

    pip install ".[anthropic]"
    python examples/claude_integration.py

If ANTHROPIC_API_KEY is set, the calls go to Anthropic; otherwise an embedded provider answers
them.
"""

from anthropic import Anthropic

from hilt import Session, instrument, uninstrument
from hilt.integrations.anthropic import log_claude_interaction
from hilt.testing.provider import stand_in

MODEL = "claude-haiku-4-5"


def main() -> None:
    """A call, a stream, and a response that is logged manually."""
    with stand_in("anthropic"):
        client = Anthropic()
        session = instrument(filepath="logs/claude.hilt.jsonl", providers=["anthropic"])
        client.messages.create(
            model=MODEL,
            max_tokens=64,
            system="Answer in one sentence.",
            messages=[{"role": "user", "content": "What is a log?"}],
        )
        with client.messages.stream(
            model=MODEL,
            max_tokens=64,
            messages=[{"role": "user", "content": "Count to five."}],
        ) as stream:
            for text in stream.text_stream:
                print(text, end="", flush=True)
        print()
        uninstrument()

        # Without instrument(), a response can be logged manually, with the same tokens and cost.
        answer = client.messages.create(
            model=MODEL, max_tokens=64, messages=[{"role": "user", "content": "Hello"}]
        )
        with Session("logs/claude.hilt.jsonl") as manual:
            log_claude_interaction(manual, user_message="Hello", response=answer)

    for event in session.read():
        if event.action == "completion" and event.metrics:
            cost = event.metrics.cost_usd
            price = "no known price" if cost is None else f"${cost:.6f}"
            print(f"{event.metrics.tokens}  {price}")


if __name__ == "__main__":
    main()
