"""A chatbot with a REST API, whose conversations are all logged.

    pip install ".[api]"
    python examples/chatbot_api.py        # then open http://127.0.0.1:8000

If OPENAI_API_KEY is set, the calls go to OpenAI; otherwise an embedded provider answers them.
Guests are logged to logs/chatbot.hilt.jsonl, and each named user to a separate file. If
GOOGLE_SHEET_ID and GOOGLE_CREDENTIALS_PATH are set, guests are also logged to a Google Sheet.
Stop it with Ctrl+C: it then shows the calls that it logged.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from openai import APIConnectionError, APIStatusError, AsyncOpenAI
from pydantic import BaseModel, StringConstraints
from starlette.datastructures import Headers

import hilt
from hilt import Event, Session
from hilt.testing import Provider

MOST_USERS = 200  # whose logs are open
MOST_KEPT = 10_000  # conversations, and replies that feedback can be given on
MOST_MESSAGES = 100  # of a conversation, sent again with the next question
MOST_BYTES = 100_000  # of a request

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,40}$")]


class Question(BaseModel):
    """The body of POST /chat."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=10_000)]
    user: Name | None = None
    conversation: Name = "default"
    stream: bool = False


class Opinion(BaseModel):
    """The body of POST /feedback; the reply_id is one that /chat returned."""

    reply_id: str
    user: Name | None = None
    rating: int | None = None
    comment: str | None = None


class Chatbot:
    """Keeps conversations, calls the model, and counts calls, tokens and cost."""

    client: AsyncOpenAI

    def __init__(self, folder: Path, model: str) -> None:
        self.folder = folder
        self.model = model
        self.closing = ExitStack()
        self.sessions: dict[str, Session] = {}
        self.histories: dict[tuple[str | None, str], list[Any]] = {}
        self.replies: dict[str, str] = {}
        self.figures: Counter[str] = Counter()

    def open(self) -> None:
        """Start logging, and the embedded provider if there is no API key."""
        path = self.folder / "chatbot.hilt.jsonl"
        hilt.instrument(filepath=path, providers=["openai"], processors=[self.note])
        self.closing.callback(hilt.uninstrument)
        if os.environ.get("OPENAI_API_KEY"):
            self.client = AsyncOpenAI()
        else:
            provider = self.closing.enter_context(Provider(chunk_delay=0.01))
            self.client = AsyncOpenAI(base_url=provider.openai_url, api_key="embedded")

    async def close(self) -> None:
        """Close everything, newest first."""
        await self.client.close()
        for session in self.sessions.values():
            session.close()
        self.closing.close()

    def note(self, event: Event) -> Event:
        """A processor: counts every event before it is written, and remembers ids of replies."""
        self.figures[event.action] += 1
        if event.metrics and event.metrics.tokens:
            self.figures["tokens"] += event.metrics.tokens.get("total", 0)
        if event.metrics and event.metrics.cost_usd:
            self.figures["cost_nano_usd"] += round(event.metrics.cost_usd * 1e9)
        response_id = (event.provenance or {}).get("response_id")
        if event.action == "completion" and response_id:
            keep(self.replies, response_id, event.event_id)
        return event

    def session_of(self, user: str | None) -> Session | None:
        """The session of a named user, or that of the program, which guests share."""
        if user is None:
            return hilt.get_context().session
        if user not in self.sessions:
            if len(self.sessions) >= MOST_USERS:
                raise HTTPException(503, "There are too many users.")
            path = self.folder / "chatbot" / f"{user}.hilt.jsonl"
            self.sessions[user] = Session(path, processors=[self.note]).open()
        return self.sessions[user]

    @contextmanager
    def logged(self, user: str | None, conversation: str | None = None) -> Iterator[None]:
        """Calls and feedback in this block are logged for this user."""
        name = f"{user or 'guest'}-{conversation}" if conversation else None
        with (
            hilt.get_context().use_session(self.session_of(user)),
            hilt.conversation(name, user=user),
        ):
            yield

    async def ask(self, question: Question) -> Any:
        """The model's answer, whole or as a stream."""
        history = self.history(question)
        history.append({"role": "user", "content": question.message})
        try:
            with self.logged(question.user, question.conversation):
                return await self.client.chat.completions.create(
                    model=self.model,
                    messages=history,
                    stream=question.stream,
                    **({"stream_options": {"include_usage": True}} if question.stream else {}),
                )
        except BaseException:
            history.pop()
            raise

    def answered(self, question: Question, text: str) -> None:
        """Add the model's answer to the history for the next question."""
        history = self.history(question)
        history.append({"role": "assistant", "content": text})
        del history[:-MOST_MESSAGES]

    def history(self, question: Question) -> list[Any]:
        """The messages of a conversation so far."""
        key = (question.user, question.conversation)
        return keep(self.histories, key, self.histories.pop(key, []))


def keep(kept: dict[Any, Any], key: Any, value: Any) -> Any:
    """Keep a value as the newest one, and forget the oldest."""
    kept[key] = value
    if len(kept) > MOST_KEPT:
        del kept[next(iter(kept))]
    return value


class OwnPages:
    """Refuses requests by the pages of other sites, requests that are too long, and WebSockets.

    Any page in a browser of this computer can send a request to it.
    """

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        answer = self.app
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            length = int(headers.get("content-length", 0))
            if headers.get("origin") not in (None, f"http://{headers.get('host')}"):
                answer = PlainTextResponse("Pages of other sites may not ask.", 403)
            elif length > MOST_BYTES or "transfer-encoding" in headers:
                answer = PlainTextResponse("The request is too long.", 413)
        await answer(scope, receive, send)


def create_app(folder: Path = Path("logs"), model: str = "gpt-4o-mini") -> FastAPI:
    """The web application; its logs go to `folder`."""
    bot = Chatbot(folder, model)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        bot.open()
        yield
        await bot.close()
        show_logs(folder)

    app = FastAPI(title="Chatbot", lifespan=lifespan)
    # A page of any website could send requests to this computer under a name of its own.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1"])
    app.add_middleware(OwnPages)  # what is added last is asked first

    @app.post("/chat")
    async def chat(question: Question) -> Any:
        try:
            answer = await bot.ask(question)
        except APIStatusError as error:
            raise HTTPException(error.status_code, error.message) from error
        except APIConnectionError as error:
            raise HTTPException(503, "The provider cannot be reached.") from error
        if question.stream:
            return StreamingResponse(stream(question, answer), media_type="text/plain")
        text = answer.choices[0].message.content or ""
        bot.answered(question, text)
        return {"reply": text, "reply_id": bot.replies.get(answer.id)}

    async def stream(question: Question, chunks: Any) -> AsyncIterator[str]:
        """The reply as it arrives; the last line is its id, for feedback."""
        text, response_id = "", None
        async for chunk in chunks:
            response_id = chunk.id
            piece = (chunk.choices[0].delta.content or "") if chunk.choices else ""
            text += piece
            yield piece
        bot.answered(question, text)
        yield f"\n{bot.replies.get(response_id or '', '')}"

    @app.post("/feedback")
    def feedback(opinion: Opinion) -> dict[str, str]:
        if opinion.reply_id not in bot.replies.values():
            raise HTTPException(404, "No such reply.")
        try:
            with bot.logged(opinion.user):
                event = hilt.feedback(
                    opinion.reply_id,
                    rating=opinion.rating,
                    comment=opinion.comment,
                    user=opinion.user or "user",
                )
        except ValueError as error:
            raise HTTPException(422, str(error)) from error
        return {"event_id": event.event_id}

    @app.get("/metrics")
    def metrics() -> dict[str, float]:
        figures = bot.figures
        return {
            "questions": figures["prompt"],
            "replies": figures["completion"],
            "failures": figures["system"],
            "feedback": figures["feedback"],
            "tokens": figures["tokens"],
            "cost_usd": figures["cost_nano_usd"] / 1e9,
        }

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        return PAGE

    return app


def show_logs(folder: Path) -> None:
    """Print the calls in the logs of guests and of each named user."""
    for path in (folder / "chatbot.hilt.jsonl", *sorted((folder / "chatbot").glob("*.jsonl"))):
        for call in hilt.open_log(path).calls():
            cost = f"${call.cost_usd:.8f}" if call.cost_usd is not None else ""
            print(f"{path.name}: {call.prompt_text} -> {call.answer_text}  {cost}")


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Chatbot</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto }
  form { display: flex; gap: .5rem } input[name=message] { flex: 1 } input { padding: .5rem }
  .user { text-align: right; color: #555 } .bot { white-space: pre-wrap }
  footer { color: #777; font-size: 85% }
</style>
<h1>Chatbot</h1>
<main id="talk"></main>
<form id="form">
  <input name="user" placeholder="your name" size="10" pattern="[A-Za-z0-9_-]{1,40}">
  <input name="message" placeholder="Say something" required autofocus>
  <button>Send</button>
</form>
<footer id="metrics"></footer>
<script>
const form = document.getElementById("form"), talk = document.getElementById("talk");
const post = (path, body) => fetch(path, {
  method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)});

function say(who, text) {
  const line = document.createElement("p");
  line.className = who;
  line.textContent = text;
  talk.append(line);
  return line;
}

function thumb(sign, rating, reply_id, user) {
  const button = document.createElement("button");
  button.textContent = sign;
  button.onclick = async () => {
    await post("/feedback", {reply_id, user, rating});
    button.disabled = true;
    await measure();
  };
  return button;
}

async function send(message, user) {
  say("user", message);
  const line = say("bot", ""), decoder = new TextDecoder();
  const response = await post("/chat", {message, user, stream: true});
  if (!response.ok) { line.textContent = (await response.json()).detail; return; }
  let text = "";
  for (const reader = response.body.getReader();;) {
    const {done, value} = await reader.read();
    if (done) break;
    line.textContent = text += decoder.decode(value, {stream: true});
  }
  const end = text.lastIndexOf("\\n"), reply_id = text.slice(end + 1);
  line.textContent = text.slice(0, end);
  line.append(" ", thumb("👍", 1, reply_id, user), thumb("👎", -1, reply_id, user));
  await measure();
}

async function measure() {
  const figures = await (await fetch("/metrics")).json();
  document.getElementById("metrics").textContent =
    `${figures.replies} replies, ${figures.tokens} tokens, $${figures.cost_usd.toFixed(6)}`;
}

form.onsubmit = event => {
  event.preventDefault();
  send(form.message.value, form.user.value || null);
  form.message.value = "";
};
const asked = new URLSearchParams(location.search);
if (asked.get("say")) send(asked.get("say"), asked.get("user"));
</script>
</html>
"""


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8000"))
    print(f"Open http://127.0.0.1:{port}, and press Ctrl+C here to stop.")
    # What fails here is an error; that a client sends no HTTP would be a warning.
    uvicorn.run(create_app(), host="127.0.0.1", port=port, log_level="error")
