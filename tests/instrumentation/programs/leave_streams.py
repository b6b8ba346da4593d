"""Ends while it reads two streams; is given the log."""

from __future__ import annotations

import asyncio
import sys

import hilt
from tests.instrumentation.mock_http import openai_client, sse
from tests.instrumentation.programs.orders_of_others import CHUNKS
from tests.instrumentation.test_patching import ASK


def answer(request):
    """A stream."""
    http = sys.modules[type(request).__module__.partition(".")[0]]
    headers = {"content-type": "text/event-stream"}
    return http.Response(200, content=sse(CHUNKS), headers=headers)


async def first_of(client):
    """An async stream, of which one chunk was read."""
    stream = await client.chat.completions.create(**ASK, stream=True)
    await stream.__anext__()
    return stream


if __name__ == "__main__":
    hilt.instrument(filepath=sys.argv[1], providers=["openai"])
    routes = {"POST /chat/completions": answer}
    left = openai_client(routes).chat.completions.create(**ASK, stream=True)
    next(left)
    loop = asyncio.new_event_loop()
    also_left = loop.run_until_complete(first_of(openai_client(routes, is_async=True)))
