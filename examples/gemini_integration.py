"""Gemini: log calls as they are made, and one response manually.

    pip install ".[gemini]"
    python examples/gemini_integration.py

If GEMINI_API_KEY is set, the calls go to Google; otherwise an embedded provider answers them.
"""

from google import genai

from hilt import Session, instrument, uninstrument
from hilt.integrations.gemini import log_gemini_interaction
from hilt.testing.provider import stand_in

MODEL = "gemini-2.5-flash"


def main() -> None:
    """A call, a chat, a stream, and a response that is logged manually."""
    with stand_in("gemini"):
        client = genai.Client()
        session = instrument(filepath="logs/gemini.hilt.jsonl", providers=["gemini"])
        client.models.generate_content(model=MODEL, contents="Summarise the Solar System.")
        chat = client.chats.create(model=MODEL)
        chat.send_message("My name is Alice.")
        chat.send_message("What is my name?")  # the log has only the new message
        for chunk in client.models.generate_content_stream(model=MODEL, contents="Count to five."):
            print(chunk.text or "", end="", flush=True)
        print()
        uninstrument()

        answer = client.models.generate_content(model=MODEL, contents="Hello")
        with Session("logs/gemini.hilt.jsonl") as manual:
            log_gemini_interaction(manual, user_message="Hello", response=answer)

    for event in session.read():
        if event.action in ("prompt", "completion") and event.content:
            print(f"{event.action:10} {event.session_id}  {(event.content.text or '')[:60]}")


if __name__ == "__main__":
    main()
