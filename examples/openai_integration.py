"""OpenAI: log calls, read the log, and convert it to a table.

    pip install ".[openai]"
    python examples/openai_integration.py

If OPENAI_API_KEY is set, the calls go to OpenAI; otherwise an embedded provider answers them.
"""

from openai import OpenAI, RateLimitError

from hilt import conversation, instrument, uninstrument
from hilt.io.read.convert import convert
from hilt.testing.provider import stand_in


def ask(client: OpenAI) -> None:
    """Three calls, as in any program: nothing here refers to HILT."""
    history = [{"role": "user", "content": "In one sentence: what is Python?"}]
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=history)
    print("answer:", answer.choices[0].message.content)

    history += [
        {"role": "assistant", "content": answer.choices[0].message.content or ""},
        {"role": "user", "content": "And what is it used for?"},
    ]
    print("stream: ", end="")
    for chunk in client.chat.completions.create(
        model="gpt-4o-mini",
        messages=history,
        stream=True,
        stream_options={"include_usage": True},
    ):
        if chunk.choices:
            print(chunk.choices[0].delta.content or "", end="", flush=True)
    print()

    vectors = client.embeddings.create(model="text-embedding-3-small", input=["Python"])
    print("vector:", len(vectors.data[0].embedding), "numbers")


def main() -> None:
    """Log the calls of one conversation, show its events, and convert the log to CSV."""
    with stand_in("openai") as embedded:
        session = instrument(filepath="logs/openai.hilt.jsonl")
        client = OpenAI(max_retries=0)
        with conversation("python-lesson", user="alice"):
            ask(client)
            if embedded is not None:
                embedded.fail(status=429)
                try:
                    client.chat.completions.create(
                        model="gpt-4o-mini", messages=[{"role": "user", "content": "More!"}]
                    )
                except RateLimitError as error:
                    print("rate limited:", error.status_code)  # already in the log
        uninstrument()

    print("\nThe log:")
    for event in session.read():
        if event.action == "completion_chunk":
            continue
        text = (event.content.text if event.content else None) or ""
        cost = event.metrics.cost_usd if event.metrics else None
        shown = f"${cost:.8f}" if cost else ""
        print(f"  {event.action:11} {event.actor.id:8} {text[:48]:48} {shown}")

    convert("logs/openai.hilt.jsonl", "logs/openai.csv")
    print("\nThe log as a table: logs/openai.csv")


if __name__ == "__main__":
    main()
