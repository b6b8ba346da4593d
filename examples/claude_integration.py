"""Claude: log calls as they happen, and one answer by hand.

    pip install "hilt[anthropic]"
    python examples/claude_integration.py

With ANTHROPIC_API_KEY the answers come from Anthropic, without it from a provider inside this
program.
"""

from anthropic import Anthropic

from hilt import Session, instrument, uninstrument
from hilt.integrations.anthropic import log_claude_interaction
from hilt.testing.provider import stand_in

MODEL = "claude-haiku-4-5"


def main() -> None:
    """A plain call, a stream, and an answer that was there before HILT was."""
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

        # Without instrument(), an answer can be logged by hand: tokens and cost are the same.
        answer = client.messages.create(
            model=MODEL, max_tokens=64, messages=[{"role": "user", "content": "Hello"}]
        )
        with Session("logs/claude.hilt.jsonl") as by_hand:
            log_claude_interaction(by_hand, user_message="Hello", response=answer)

    for event in session.read():
        if event.action == "completion" and event.metrics:
            print(f"{event.metrics.tokens}  ${event.metrics.cost_usd}")


if __name__ == "__main__":
    main()
