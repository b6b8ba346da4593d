"""The counter of unseen calls beside SDKs and plain HTTP clients: who is counted, and who is not.

``uv run --extra all python .ci/unseen_calls.py`` sends one request with each of them to a server
on this machine, which the counter takes for a model host: once while adapters observe the SDKs,
once while none does. It prints a Markdown table, and exits with 1 where an observed call was
counted, or a call that nobody observed was not. What the counter costs a request comes after it.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import logging
import os
import statistics
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hilt
from hilt.instrumentation.unseen_calls import UnseenCalls
from hilt.testing import MemorySink

MODEL, TEXT = "m", "Hello"
MESSAGES: Any = [{"role": "user", "content": TEXT}]
BODY = {"model": MODEL, "messages": MESSAGES}
PATH = "/v1/chat/completions"


class Refusing(BaseHTTPRequestHandler):
    """Refuses every request: that it was sent is all that matters here."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Read the request and refuse it."""
        self.rfile.read(int(self.headers.get("content-length") or 0))
        body = json.dumps({"error": {"message": "no", "code": 400}, "message": "no"}).encode()
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


# -- SDKs -------------------------------------------------------------------------------------


def openai(url: str) -> None:
    """Its chat completions."""
    from openai import OpenAI

    OpenAI(api_key="test", base_url=f"{url}/v1", max_retries=0).chat.completions.create(**BODY)


def openai_async(url: str) -> None:
    """The same of the async client."""
    from openai import AsyncOpenAI

    client = AsyncOpenAI(api_key="test", base_url=f"{url}/v1", max_retries=0)
    asyncio.run(client.chat.completions.create(**BODY))


def anthropic(url: str) -> None:
    """Its messages."""
    from anthropic import Anthropic

    client = Anthropic(api_key="test", base_url=url, max_retries=0)
    client.messages.create(model=MODEL, messages=MESSAGES, max_tokens=9)


def gemini(url: str) -> None:
    """Its contents."""
    from google import genai

    client = genai.Client(api_key="test", http_options={"base_url": url})
    client.models.generate_content(model=MODEL, contents=TEXT)


def cohere(url: str) -> None:
    """Its chat."""
    from cohere import ClientV2

    ClientV2(api_key="test", base_url=url).chat(model=MODEL, messages=MESSAGES)


def mistral(url: str) -> None:
    """Its chat."""
    from mistralai.client import Mistral

    Mistral(api_key="test", server_url=url).chat.complete(model=MODEL, messages=MESSAGES)


def groq(url: str) -> None:
    """Its chat completions."""
    from groq import Groq

    Groq(api_key="test", base_url=url, max_retries=0).chat.completions.create(**BODY)


def together(url: str) -> None:
    """Its chat completions."""
    from together import Together

    client = Together(api_key="test", base_url=f"{url}/v1", max_retries=0)
    client.chat.completions.create(**BODY)


def writer(url: str) -> None:
    """Its chat."""
    from writerai import Writer

    Writer(api_key="test", base_url=url, max_retries=0).chat.chat(**BODY)


def cerebras(url: str) -> None:
    """Its chat completions."""
    from cerebras.cloud.sdk import Cerebras

    client = Cerebras(api_key="test", base_url=url, max_retries=0, warm_tcp_connection=False)
    client.chat.completions.create(**BODY)


def fireworks(url: str) -> None:
    """Its chat completions."""
    from fireworks import Fireworks

    client = Fireworks(api_key="test", base_url=url, max_retries=0)
    client.chat.completions.create(**BODY)


def ai21(url: str) -> None:
    """Its chat completions."""
    from ai21 import AI21Client
    from ai21.models.chat import ChatMessage

    client = AI21Client(api_key="test", base_url=f"{url}/studio/v1", num_retries=0)
    client.chat.completions.create(model=MODEL, messages=[ChatMessage(role="user", content=TEXT)])


def ollama(url: str) -> None:
    """Its chat."""
    from ollama import Client

    Client(host=url).chat(model=MODEL, messages=MESSAGES)


def bedrock(url: str) -> None:
    """Its ``converse``."""
    import boto3

    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=url,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    client.converse(modelId=MODEL, messages=[{"role": "user", "content": [{"text": TEXT}]}])


def voyage(url: str) -> None:
    """Its embeddings."""
    from voyageai import Client

    Client(api_key="test", base_url=f"{url}/v1", max_retries=1).embed([TEXT], model=MODEL)


def huggingface(url: str) -> None:
    """Its chat completions."""
    from huggingface_hub import InferenceClient

    InferenceClient(base_url=f"{url}/v1", api_key="test").chat_completion(MESSAGES)


def azure_inference(url: str) -> None:
    """Its chat completions."""
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    client = ChatCompletionsClient(url, AzureKeyCredential("test"), retry_total=0)
    client.complete(messages=MESSAGES, model=MODEL)


SDKS = (
    *(openai, openai_async, anthropic, gemini, cohere, mistral, groq, together, writer, cerebras),
    *(fireworks, ai21, ollama, bedrock, voyage, huggingface, azure_inference),
)


# -- plain clients ----------------------------------------------------------------------------


def httpx(url: str) -> None:
    """A request."""
    import httpx

    httpx.post(url + PATH, json=BODY)


def httpx_async(url: str) -> None:
    """A request of the async client."""
    import httpx

    async def send() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(url + PATH, json=BODY)

    asyncio.run(send())


def requests(url: str) -> None:
    """A request."""
    import requests

    requests.post(url + PATH, json=BODY, timeout=5)


def urllib3(url: str) -> None:
    """A request."""
    import urllib3

    urllib3.PoolManager().request("POST", url + PATH, json=BODY)


def urllib_request(url: str) -> None:
    """A request."""
    urllib.request.urlopen(url + PATH, data=b"{}")


def http_client(url: str) -> None:
    """A request."""
    connection = http.client.HTTPConnection(url.partition("://")[2])
    connection.request("POST", PATH, body=b"{}")
    connection.getresponse().read()


def aiohttp(url: str) -> None:
    """A request."""
    import aiohttp

    async def send() -> None:
        async with aiohttp.ClientSession() as session, session.post(url + PATH, json=BODY):
            pass

    asyncio.run(send())


CLIENTS = (httpx, httpx_async, requests, urllib3, urllib_request, http_client, aiohttp)


# -- the table --------------------------------------------------------------------------------


def counted(send: Callable[[str], None], url: str, providers: list[str] | None) -> tuple[int, Any]:
    """How many calls are in the log, and what the counter has, after one request."""
    sink = MemorySink()
    with hilt.Session(sink) as session:
        hilt.instrument(session=session, providers=providers, unseen_calls=False)
        counter = UnseenCalls(lambda _: None, hosts=["127.0.0.1"])
        counter.start()
        with suppress(Exception):  # The server refuses.
            send(url)
        counter.stop()
        hilt.uninstrument()
    return sum(event.action == "prompt" for event in sink.events), counter.counts


def row(send: Callable[[str], None], url: str) -> tuple[str, bool]:
    """A row of the table, and whether it is as it should be."""
    is_sdk = send in SDKS
    logged, alarms = counted(send, url, None)
    _, unseen = counted(send, url, [])
    (call,) = unseen or (None,)
    number = sum(unseen.values())
    right = number == 1 and (logged, alarms) == ((1, {}) if is_sdk else (0, unseen))
    package = getattr(call, "package", None) or "-"
    cells = (send.__name__, logged, sum(alarms.values()), number, package)
    return f"| {' | '.join(map(str, cells))} |", right


# -- the cost ---------------------------------------------------------------------------------


def microseconds(send: Callable[[], Any], times: int = 5000) -> float:
    """The processor time of one call: the smallest of seven medians would hide nothing here."""
    runs = []
    for _ in range(7):
        begun = time.process_time()
        for _ in range(times):
            send()
        runs.append((time.process_time() - begun) / times * 1e6)
    return min(runs)


def cost() -> float:
    """What the counter adds to a request to another host: median of five pairs."""
    import httpx
    from httpx._transports import default

    def answer(_self: Any, _request: Any) -> None:
        """Send nothing: only the way to the function is measured."""

    original = default.HTTPTransport.handle_request
    code, defaults = original.__code__, original.__defaults__
    transport = default.HTTPTransport()
    request = httpx.Request("POST", "https://db.example.com/v1/x?q=1")
    original.__code__ = answer.__code__
    try:
        added = []
        for _ in range(5):
            before = microseconds(lambda: transport.handle_request(request))
            counter = UnseenCalls(lambda _: None)
            counter.start()
            added.append(microseconds(lambda: transport.handle_request(request)) - before)
            counter.stop()
    finally:
        original.__code__, original.__defaults__ = code, defaults
    return statistics.median(added)


def main() -> int:
    """Print the table and the cost."""
    logging.disable()
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    print("| sent with | calls in the log | counted beside them | counted without adapters | by |")
    print("|---|---|---|---|---|")
    wrong = []
    for send in (*SDKS, *CLIENTS):
        line, right = row(send, url)
        print(line, flush=True)
        if not right:
            wrong.append(send.__name__)
    server.shutdown()
    print(f"\nA request to another host takes {cost():.1f} us longer.")
    if wrong:
        print(f"Wrong: {', '.join(wrong)}", file=sys.stderr)
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
