"""Speaks the JSON lines of Claude Code as its documentation has them; answers by a script.

The script is a JSON file: a list of turns, each a list of messages.
"""

import json
import os
import sys
from pathlib import Path

SESSION = "11111111-2222-3333-4444-555555555555"


def main() -> None:
    """Answer control requests, and each user message with the next turn."""
    if "-v" in sys.argv or "--version" in sys.argv:
        print("2.1.999 (Claude Code)")
        return
    with Path(os.environ["FAKE_CLI_SCRIPT"]).open(encoding="utf-8") as file:
        turns = json.load(file)
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("type") == "control_request":
            response = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            send({"type": "control_response", "response": response})
        elif message.get("type") == "user" and turns:
            for each in turns.pop(0):
                if each == "exit":
                    os._exit(3)
                send({"session_id": SESSION, **each})


def send(message: dict) -> None:
    """Write a message."""
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
