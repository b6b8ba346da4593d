"""Log calls to a Google Sheet as they are made.

    pip install ".[sheets]"
    python examples/sheets_example.py

With your own sheet (see docs/google_sheets_setup.md)::

    export GOOGLE_SHEET_ID=... GOOGLE_CREDENTIALS_PATH=credentials.json OPENAI_API_KEY=...
    python examples/sheets_example.py

Without these variables it uses emulators of Google Sheets and OpenAI, and prints the rows of the
emulated sheet. Without the OpenAI SDK, it logs an answer by hand, which makes the same rows.
"""

import os
import tempfile
from contextlib import ExitStack
from importlib.util import find_spec

from hilt import Session, flush, instrument, uninstrument
from hilt.integrations import log_response
from hilt.testing.provider import Provider
from hilt.testing.sheets import SheetsEmulator

COLUMNS = ["timestamp", "conversation_id", "reply_to", "message", "cost_usd", "status_code"]

QUESTION = "What is Python?"
ANSWER = "Python is a programming language."


def ask(session: Session) -> None:
    """Make a call, which HILT logs, or log one by hand if the OpenAI SDK is not installed."""
    if find_spec("openai") is None:
        response = {
            "object": "chat.completion",
            "model": "gpt-4o-mini-2024-07-18",
            "choices": [{"message": {"role": "assistant", "content": ANSWER}}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
        }
        log_response(session, response, user_message=QUESTION, provider="openai")
        return
    from openai import OpenAI

    with OpenAI() as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": QUESTION}]
        )


def emulated(stack: ExitStack) -> SheetsEmulator:
    """Start emulators of Google Sheets and OpenAI, and set the environment to use them."""
    sheets = stack.enter_context(SheetsEmulator())
    sheets.add_book("my-sheet")
    provider = stack.enter_context(Provider())
    provider.answer(ANSWER)
    outbox = stack.enter_context(tempfile.TemporaryDirectory())
    os.environ.update(
        HILT_SHEETS_API_ROOT=sheets.api_root,
        HILT_OUTBOX=outbox,
        OPENAI_BASE_URL=provider.openai_url,
        OPENAI_API_KEY="not-needed",
    )
    return sheets


def main() -> None:
    """Make one call, which appears in the sheet."""
    with ExitStack() as stack:
        arguments = {}
        sheets = None
        if not os.environ.get("GOOGLE_CREDENTIALS_PATH"):
            sheets = emulated(stack)
            arguments = {"sheet_id": "my-sheet", "credentials_json": sheets.service_account()}
        session = instrument(
            backend="sheets", worksheet_name="LLM Logs", columns=COLUMNS, **arguments
        )
        ask(session)
        print("delivered" if flush(timeout=30) else "not delivered yet; see `hilt sheets status`")
        uninstrument()
        if sheets is not None:
            for row in sheets.book("my-sheet").tab("LLM Logs").values():
                print(row[: len(COLUMNS)])
        else:
            print("The rows are in the tab LLM Logs of your sheet.")


if __name__ == "__main__":
    main()
