"""A server that forks its workers after `hilt.instrument`, and people who talk to all of them."""

import json
import os
import random
import socket
import sys
import threading
from typing import Any

import openai
from openai import _base_client

import hilt

http = getattr(_base_client, "httpx2", None) or _base_client.httpx

WORKERS, PEOPLE, TURNS = 4, 6, 4


def answer(request: Any) -> Any:
    """What the provider answers: its greeting is another one each time."""
    asked = json.loads(request.content)["messages"][-1]["content"]
    text = f"Greeting {os.urandom(4).hex()}" if asked == "Hello" else f"About {asked}"
    message = {"role": "assistant", "content": text}
    return http.Response(200, json={
        "id": os.urandom(4).hex(), "object": "chat.completion", "created": 1, "model": "gpt-4o",
        "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
    })  # fmt: skip


def work(connection: socket.socket) -> None:
    """Answer each line, the messages of a conversation, with the model's text."""
    lines = connection.makefile("rw", encoding="utf-8")
    for line in lines:
        made = client.chat.completions.create(model="gpt-4o", messages=json.loads(line))
        lines.write(json.dumps(made.choices[0].message.content) + "\n")
        lines.flush()


def talk(person: int) -> None:
    """Hold a conversation, each turn with any worker."""
    choose, messages = random.Random(person), []
    for turn in range(TURNS):
        asked = f"question {turn} of {person}" if turn else "Hello"
        messages.append({"role": "user", "content": asked})
        lock, lines = workers[choose.randrange(WORKERS)]
        with lock:
            lines.write(json.dumps(messages) + "\n")
            lines.flush()
            messages.append({"role": "assistant", "content": json.loads(lines.readline())})


hilt.instrument(filepath=sys.argv[1])
transport = http.MockTransport(answer)
client = openai.OpenAI(api_key="k", http_client=http.Client(transport=transport))
pids, workers = [], []
for _ in range(WORKERS):
    mine, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        for _, lines in workers:
            lines.close()
        work(theirs)
        hilt.uninstrument()
        os._exit(0)
    theirs.close()
    pids.append(pid)
    workers.append((threading.Lock(), mine.makefile("rw", encoding="utf-8")))
    mine.close()
people = [threading.Thread(target=talk, args=(number,)) for number in range(PEOPLE)]
for person in people:
    person.start()
for person in people:
    person.join()
for _, lines in workers:
    lines.close()
sys.exit(any(os.waitpid(pid, 0)[1] for pid in pids))
