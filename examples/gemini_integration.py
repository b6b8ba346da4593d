"""Gemini: log calls as they happen, and one answer by hand.

    pip install "hilt[gemini]"
    python examples/gemini_integration.py

With GEMINI_API_KEY the answers come from Google, without it from a provider inside this program.
"""

from google import genai

from hilt import Session, instrument, uninstrument
from hilt.integrations.gemini import log_gemini_interaction
from hilt.testing.provider import stand_in

MODEL = "gemini-2.5-flash"


def main() -> None:
    """A plain call, a chat, a stream, and an answer that is logged by hand."""
    with stand_in("gemini"):
        client = genai.Client()
        session = instrument(filepath="logs/gemini.hilt.jsonl", providers=["gemini"])
        client.models.generate_content(model=MODEL, contents="Summarise the Solar System.")
        chat = client.chats.create(model=MODEL)
        chat.send_message("My name is Alice.")
        chat.send_message("What is my name?")  # the log holds only what is new
        for chunk in client.models.generate_content_stream(model=MODEL, contents="Count to five."):
            print(chunk.text or "", end="", flush=True)
        print()
        uninstrument()

        answer = client.models.generate_content(model=MODEL, contents="Hello")
        with Session("logs/gemini.hilt.jsonl") as by_hand:
            log_gemini_interaction(by_hand, user_message="Hello", response=answer)

    for event in session.read():
        if event.action in ("prompt", "completion") and event.content:
            print(f"{event.action:10} {event.session_id}  {(event.content.text or '')[:60]}")


if __name__ == "__main__":
    main()
