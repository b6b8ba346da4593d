"""Numbered chat calls of a real OpenAI client, answered within the process."""

import importlib
import json
import os
import random
import time

import openai

# The HTTP library differs between versions of the SDK.
httpx = importlib.import_module(openai.DefaultHttpxClient.__mro__[1].__module__.split(".")[0])

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-mini",
    "choices": [
        {
            "index": 0,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Understood."},
        }
    ],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}


def client(output: int | None = None, thinking_s: float = 0) -> openai.OpenAI:
    """A client whose provider is a function; it prints to a descriptor what it is sent."""

    def answer(request: httpx.Request) -> httpx.Response:
        if output is not None:
            text = json.loads(request.content)["messages"][0]["content"]
            os.write(output, f"sent {text}\n".encode())
        if thinking_s:
            time.sleep(random.random() * thinking_s)
        return httpx.Response(200, json=ANSWER)

    transport = httpx.MockTransport(answer)
    return openai.OpenAI(api_key="x", http_client=httpx.Client(transport=transport))


def call(caller: openai.OpenAI, text: str) -> None:
    """Ask something, and look at the answer."""
    answer = caller.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
    )
    assert answer.choices[0].message.content == "Understood."
