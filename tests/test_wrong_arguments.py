"""Wrong arguments of the Python API: each names the thing, the value and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import Actor, Event, HILTError, Metrics, Session, feedback, get_context, instrument
from hilt.integrations import log_response
from hilt.integrations.anthropic import log_claude_interaction
from hilt.integrations.gemini import log_gemini_interaction
from hilt.integrations.openai import (
    log_chat_completion,
    log_chat_streaming,
    log_rag_interaction,
)
from hilt.io.read.convert import convert
from hilt.privacy import Policy
from hilt.testing import CallLog, FixedClock, Provider, replaying
from hilt.testing.provider import Answer, Fault, Tokens
from hilt_otel_exporters import (
    HiltJsonlSpanExporter,
    HiltSheetsSpanExporter,
    HiltSpanProcessor,
)
from hilt_otel_exporters.importing import import_spans

WRONG: Any = 5
ACTOR: Any = {"type": "human", "id": "ann"}
CHAT: Any = {"object": "chat.completion", "choices": []}
_SHEET = 'sheet_id: the backend "sheets" needs one: the long id in the address of the sheet'


def event(**more: Any) -> Event:
    """An event that is right but for one field."""
    return Event(**{"session_id": "s", "actor": ACTOR, "action": "prompt", **more})


def served(method: str, *arguments: Any, **named: Any) -> object:
    """What a method of a provider that listens gives."""
    with Provider() as provider:
        return getattr(provider, method)(*arguments, **named)


def logging(function: Callable[..., object], *arguments: Any, **named: Any) -> object:
    """What a function gives while something is logged."""
    instrument(filepath="f.jsonl", providers=[])
    return function(*arguments, **named)


def calls(**filters: Any) -> object:
    """The calls of an empty log."""
    return list(hilt.open_log("ok.jsonl").calls(**filters))


def closed() -> Session:
    """A session that is closed."""
    with Session("closed.jsonl") as session:
        pass
    return session


INSTRUMENT: dict[str, tuple[dict[str, Any], str]] = {
    "backend is a path": (
        {"backend": "logs/app.jsonl"},
        "no backend 'logs/app.jsonl'; expected \"local\" or \"sheets\"; a file is given by name",
    ),
    "backend is a number": ({"backend": 5}, 'backend: 5; expected "local", "sheets" or both'),
    "backend is misspelt": ({"backend": "Local "}, "no backend 'Local '"),
    "filepath is a number": ({"filepath": 5}, "filepath: 5 is not a path"),
    "filepath is bytes": ({"filepath": b"x"}, "filepath: b'x' is not a path"),
    "filepath is empty": ({"filepath": ""}, "filepath: '' is not a path"),
    "filepath has NUL": ({"filepath": "a\0b"}, "filepath: 'a\\x00b' is not a path"),
    "filepath is a folder": ({"filepath": "dir"}, "dir: cannot be opened (Is a directory); give"),
    "filepath is below a file": (
        {"filepath": "ok.jsonl/x"}, "ok.jsonl/x: cannot be opened (Not a directory); give",
    ),
    "filepath cannot be": ({"filepath": "/proc/x/y"}, "/proc/x/y: cannot be opened"),
    "providers is text": (
        {"providers": "openai"}, "providers: 'openai' is not a list of names, as ['openai']",
    ),
    "provider is misspelt": ({"providers": ["opnai"]}, "no provider 'opnai'; there are openai,"),
    "wire host is a number": (
        {"wire_hosts": [3]}, "wire_hosts: 3 is not the name of a host",
    ),
    "wire host has a space": (
        {"wire_hosts": ["http://x y"]},
        "wire_hosts: 'http://x y' is not the name of a host; expected one such as llm.example.com",
    ),
    "wire host is empty": (
        {"wire_hosts": [""]}, "wire_hosts: '' is not the name of a host",
    ),
    "wire host is a pattern": (
        {"wire_hosts": ["*.example.com"]}, "wire_hosts: '*.example.com' is not the name of a host",
    ),
    "wire host has no port": (
        {"wire_hosts": ["localhost:http"]}, "wire_hosts: 'localhost:http' is not the name of",
    ),
    "provider is a number": ({"providers": [5]}, "no provider 5; there are openai,"),
    "column is unknown": ({"columns": ["nope"]}, "columns: no column 'nope'; there are timestamp,"),
    "columns is text": ({"columns": "text"}, "columns: 'text'"),
    "columns is empty": ({"columns": []}, "columns: "),
    "column twice": (
        {"columns": ["message", "message"]}, "columns: ['message', 'message'] names a column twice",
    ),
    "session is a number": ({"session": 5}, "session: 5 is not a hilt.Session"),
    "session is a path": ({"session": "a.jsonl"}, "session: 'a.jsonl' is not a hilt.Session"),
    "tracer provider": ({"tracer_provider": 5}, "tracer_provider: 5 takes no span processors"),
    "meter provider": ({"meter_provider": 5}, "meter_provider: 5 gives no meters; expected an"),
    "processors is a function": (
        {"processors": print}, "processors: <built-in function print> is not a list of functions",
    ),
    "processor is no function": ({"processors": [5]}, "processors: [5] is not a list of functions"),
    "policy is misspelt": (
        {"privacy": "redcat"},
        "privacy: no policy 'redcat'; expected redact, pseudonymous, metadata, sealed, or a TOML",
    ),
    "policy is a list": ({"privacy": []}, "privacy: [] is no policy; expected a hilt.privacy"),
    "prices are missing": (
        {"prices": "none.toml"}, "none.toml: cannot be read: No such file or directory",
    ),
    "prices is a number": ({"prices": 5}, "prices: 5 is not a path"),
    "no sheet": ({"backend": "sheets"}, _SHEET),
    "no key file": (
        {"sheet_id": "abc", "credentials_path": "none.json"},
        "credentials_path 'none.json': cannot be read: ",
    ),
    "key is no JSON": (
        {"sheet_id": "abc", "credentials_json": "{nope"}, "credentials_json: not JSON",
    ),
    "rows": ({"rows": "nope"}, 'rows: \'nope\'; expected "calls" or "events"'),
    "flag": (
        {"capture_content": "maybe"}, "capture_content: 'maybe' is not a flag; expected true or",
    ),
    "flag is 2": ({"capture_chunks": 2}, "capture_chunks: '2' is not a flag; expected true or"),
    "keep is negative": ({"keep": -1}, "keep: -1 is not a whole number from 0 up"),
    "keep is a text": ({"keep": "few"}, "keep: 'few' is not a whole number"),
    "rotate_bytes": ({"rotate_bytes": "x"}, "rotate_bytes: 'x' is not a size; expected 500000 or"),
    "file_mode": ({"file_mode": "x"}, "file_mode: 'x' are no permissions; expected octal digits"),
    "folder_mode": ({"folder_mode": 99999}, "folder_mode: 99999 are no permissions"),
}  # fmt: skip
"""Arguments of `hilt.instrument`, and how the answer begins."""

SESSIONS: dict[str, tuple[Callable[[], object], str]] = {
    "number": (lambda: Session(WRONG), "session: 5 is no destination; expected a path,"),
    "empty": (lambda: Session(""), "session: '' is no destination; expected a path,"),
    "NUL": (lambda: Session("a\0b"), "session: 'a\\x00b' is not a path"),
    "nothing": (lambda: Session(()), "session: no destination is given"),
    "folder": (lambda: Session("dir").open(), "dir: cannot be opened (Is a directory); give"),
    "name of a folder": (
        lambda: Session("logs/"),
        "logs/: the name of a folder; give that of a file in it, such as logs/hilt.jsonl",
    ),
    "mode": (lambda: Session("x", "q"), 'mode: no mode \'q\'; expected "a", "w" or "r"'),
    "keep": (lambda: Session("x", keep=-1), "keep: -1 is not a whole number from 0 up"),
    "rotate_bytes": (
        lambda: Session("x", rotate_bytes=0), "rotate_bytes: 0 is not a whole number from 1 up",
    ),
    "file_mode": (
        lambda: Session("x", file_mode=99999), "file_mode: 99999 are no permissions; expected such",
    ),
    "columns": (lambda: Session("x", columns=["nope"]), "columns: no column 'nope'; there are"),
    "columns is text": (lambda: Session("x", columns="text"), "columns: 'text' is not a list"),
    "columns is a number": (
        lambda: Session("x", columns=WRONG), "columns: 5 is not a list of column names",
    ),
    "processors": (lambda: Session("x", processors=WRONG), "processors: 5 is not a list"),
    "privacy": (lambda: Session("x", privacy="nope"), "privacy: no policy 'nope'; expected"),
    "no sheet": (lambda: Session("sheets"), "sheet_id: None is not the id of a spreadsheet: the"),
    "events are a number": (
        lambda: Session("x").append_all(WRONG),
        "append_all: int is not allowed; expected a list of events",
    ),
    "events are one event": (
        lambda: Session("x").append_all(event()),  # type: ignore[arg-type]  # wrong
        "append_all: Event is not allowed; expected a list of events",
    ),
    "fsync": (lambda: Session("x", fsync="maybe"), "fsync: 'maybe' is neither True nor False"),  # type: ignore[arg-type]  # wrong
    "rotate_daily": (
        lambda: Session("x", rotate_daily="noon"),  # type: ignore[arg-type]  # wrong
        "rotate_daily: 'noon' is neither True nor False",
    ),
    "compress": (lambda: Session("x", compress=WRONG), "compress: 5 is neither True nor False"),
    "file twice": (lambda: Session(("x", "./x")), "session: '"),
    "sheet twice": (lambda: Session(("sheets", "sheets")), "session: 'sheets' is given twice"),
    "event is a number": (
        lambda: Session("x").append(WRONG), "event: int is not allowed; expected an Event",
    ),
    "event is a dict": (
        lambda: Session("x").append({}), "event: dict is not allowed; expected an Event",  # type: ignore[arg-type]  # wrong
    ),
    "timeout": (lambda: Session("x").flush("a"), "timeout: 'a' is not a number of seconds"),  # type: ignore[arg-type]  # wrong
    "timeout is NaN": (lambda: Session("x").flush(float("nan")), "timeout: nan is not a number"),
    "only reads": (
        lambda: Session("ok.jsonl", "r").append(event()),
        'session: it is open for reading; open it with mode "a" to write',
    ),
    "missing": (lambda: list(Session("none.jsonl", "r").read()), "none.jsonl: there is no such"),
    "closed": (lambda: closed().append(event()), "session: it is closed; open() it again to write"),
}  # fmt: skip
"""Sessions."""

EVENTS: dict[str, tuple[Callable[[], object], str]] = {
    "action": (
        lambda: event(action="prompts"), "action: 'prompts' is not allowed; expected one of prompt",
    ),
    "actor is text": (lambda: event(actor="me"), "actor: 'me' is not allowed; expected an object"),
    "actor type": (
        lambda: Actor("robot", "x"), "actor.type: 'robot' is not allowed; expected one of human,",
    ),
    "actor id": (lambda: Actor("human", ""), "actor.id: '' is not allowed; expected text that is"),
    "session id": (lambda: event(session_id=""), "session_id: '' is not allowed; expected text"),
    "timestamp": (
        lambda: event(timestamp="yesterday"), "timestamp: 'yesterday' is not RFC 3339 with a time",
    ),
    "timestamp is naive": (
        lambda: event(timestamp="2026-11-28T10:00:00"), "timestamp: '2026-11-28T10:00:00' is not",
    ),
    "content": (lambda: event(content=5), "content: 5 is not allowed; expected an object"),
    "metrics": (lambda: event(metrics=[]), "metrics: [] is not allowed; expected an object"),
    "cost": (
        lambda: Metrics(cost_usd="free"),  # type: ignore[arg-type]  # wrong
        "metrics.cost_usd: 'free' is not allowed; expected a number",
    ),
    "no JSON": (lambda: Event.from_json("x"), "event: not JSON: "),
    "JSON is a number": (lambda: Event.from_json("5"), "event: 5 is not allowed; expected an"),
    "no text": (lambda: Event.from_json(WRONG), "event: int is not allowed; expected text"),
    "no dict": (lambda: Event.from_dict([]), "event: [] is not allowed; expected an object"),
}  # fmt: skip
"""Events and their parts."""

READING: dict[str, tuple[Callable[[], object], str]] = {
    "open_log of nothing": (hilt.open_log, "open_log: give the path of a log, such as"),
    "open_log of a number": (lambda: hilt.open_log(WRONG), "open_log: 5 is not a path"),
    "open_log of None": (lambda: hilt.open_log(None), "open_log: None is not a path"),  # type: ignore[arg-type]  # wrong
    "open_log of a list": (lambda: hilt.open_log(["a"]), "open_log: ['a'] is not a path"),  # type: ignore[arg-type]  # wrong
    "open_log of nothing's name": (lambda: hilt.open_log(""), "open_log: '' is not a path"),
    "open_log of a folder": (lambda: hilt.open_log("dir"), "dir: is a folder; name a log in it"),
    "open_log of what is missing": (lambda: hilt.open_log("no.jsonl"), "no.jsonl: there is no"),
    "filter is misspelt": (lambda: calls(sinse="2h"), "no filter 'sinse' (did you mean since?);"),
    "since": (lambda: calls(since="soon"), "since: 'soon' is not a time; expected a date"),
    "since is a number": (
        lambda: calls(since=WRONG), "since: 5 is neither a datetime nor text as 2h",
    ),
    "errors": (lambda: calls(errors="x"), "errors: 'x' is neither True nor False"),
    "until before since": (
        lambda: calls(since="2026-02-01", until="2026-01-01"), "since: '2026-02-01' is ",
    ),
    "model": (lambda: calls(model=5), "model: 5 is not text"),
    "slower_than": (lambda: calls(slower_than="x"), "slower_than: 'x' is not a number from 0"),
    "outcome": (lambda: calls(outcome="good"), "outcome: no outcome 'good'; expected one of"),
    "key": (
        lambda: hilt.open_log("ok.jsonl").stats("modle"), "by: no key 'modle'; expected one of",
    ),
    "key is a list": (
        lambda: hilt.open_log("ok.jsonl").stats(["model"]),  # type: ignore[arg-type]  # wrong
        "by: no key ['model']; expected one of",
    ),
    "limit is a number": (
        lambda: hilt.open_log("ok.jsonl").watch(WRONG), "limit: 5 is not a limit; expected one",
    ),
    "limit": (
        lambda: hilt.open_log("ok.jsonl").watch("x=5"), "limit: 'x=5' is not a limit; expected one",
    ),
    "no limit": (
        lambda: hilt.open_log("ok.jsonl").watch(), "watch: give a limit, such as 'user=5/day'",
    ),
    "id": (lambda: hilt.open_log("ok.jsonl").find("nope"), "no id begins with 'nope'"),
    "id is a number": (lambda: hilt.open_log("ok.jsonl").find(WRONG), "no id begins with '5'"),
    "convert a number": (
        lambda: convert(WRONG, "x.csv"), "source: 5 is neither a path nor events",
    ),
    "convert to a number": (
        lambda: convert("ok.jsonl", WRONG), "destination: 5 is neither a path nor a file",
    ),
    "convert to xlsx": (
        lambda: convert("ok.jsonl", "x.csv", to="xlsx"), "to: no format 'xlsx'; there are csv",
    ),
    "convert other columns": (
        lambda: convert("ok.jsonl", "x.csv", columns=["nope"]), "columns: no column or field",
    ),
    "convert a number of columns": (
        lambda: convert("ok.jsonl", "x.csv", columns=WRONG), "columns: 5 is not a list of names",
    ),
    "convert to itself": (
        lambda: convert("ok.jsonl", "ok.jsonl"), "ok.jsonl: is the log itself; name another file",
    ),
    "import a number": (
        lambda: import_spans(WRONG, Session("x")), "import: 5 is not a list of paths, as",
    ),
    "import a path": (
        lambda: import_spans("ok.jsonl", Session("x")), "import: 'ok.jsonl' is not a list of paths",
    ),
    "import a list of numbers": (
        lambda: import_spans([WRONG], Session("x")), "import: 5 is not a path",
    ),
    "import what is missing": (
        lambda: import_spans(["none"], Session("x")), "import: there is no file 'none'",
    ),
    "import a folder": (
        lambda: import_spans(["dir"], Session("x")), "import: 'dir' is a folder; name its files",
    ),
    "import to a number": (
        lambda: import_spans(["ok.jsonl"], WRONG), "session: 5 is not a hilt.Session; open one:",
    ),
}  # fmt: skip
"""Logs that are read."""

WHILE_LOGGING: dict[str, tuple[Callable[[], object], str]] = {
    "flush": (lambda: logging(hilt.flush, "a"), "timeout: 'a' is not a number of seconds"),
    "flush while nothing is logged": (
        lambda: hilt.flush("x"), "timeout: 'x' is not a number of seconds",  # type: ignore[arg-type]  # wrong
    ),
    "flush for True": (lambda: logging(hilt.flush, True), "timeout: True is not a number"),
    "feedback on nothing": (
        lambda: logging(feedback, "nope", rating=1),
        "feedback: there is no event 'nope' in the log; expected the event_id of an answer, such",
    ),
    "feedback on a number": (
        lambda: logging(feedback, 5, rating=1), "feedback: event_id 5 is not the id of an event",
    ),
    "rating is NaN": (
        lambda: logging(feedback, "evt_1", rating=float("nan")),
        "feedback: rating nan is neither a number nor text",
    ),
    "rating": (
        lambda: logging(feedback, "evt_1", rating=[1]),
        "feedback: rating [1] is neither a number nor text",
    ),
    "no feedback": (
        lambda: logging(feedback, "evt_1"), "feedback: give a rating, a comment or a correction",
    ),
    "correction": (
        lambda: logging(feedback, "evt_1", correction=5), "feedback: correction 5 is not text",
    ),
    "comment": (lambda: logging(feedback, "evt_1", comment=5), "content.text: 5 is not allowed"),
    "user": (
        lambda: logging(feedback, "evt_1", rating=1, user=5), "actor.id: 5 is not allowed;",
    ),
    "session": (
        lambda: feedback("evt_1", rating=1, session=WRONG),
        "feedback: session 5 is not a hilt.Session",
    ),
    "nothing is logged": (
        lambda: feedback("evt_1", rating=1),
        "feedback: nothing is being logged; call instrument() or give session=",
    ),
    "chat": (
        lambda: log_chat_completion(WRONG, user_message="x"), "session: 5 is not a hilt.Session;",
    ),
    "chat with a number": (
        lambda: log_chat_completion(Session("x"), user_message=WRONG), "user_message: 5 is not",
    ),
    "stream": (
        lambda: log_chat_streaming(WRONG, user_message="x"), "session: 5 is not a hilt.Session;",
    ),
    "retrieval": (
        lambda: log_rag_interaction(WRONG, user_message="x"), "session: 5 is not a hilt.Session;",
    ),
    "on_chunk": (
        lambda: log_chat_streaming(Session("x"), user_message="x", on_chunk=WRONG),
        "on_chunk: 5 is not a function, such as print",
    ),
    "latency": (
        lambda: log_response(Session("x"), CHAT, user_message="x", latency_ms="2 s"),  # type: ignore[arg-type]  # wrong
        "latency_ms: '2 s' is not a number of milliseconds",
    ),
    "provenance": (
        lambda: log_response(Session("x"), CHAT, user_message="x", provenance=WRONG),
        "provenance: 5 is not a dict",
    ),
    "provider": (
        lambda: log_response(Session("x"), CHAT, user_message="x", provider=WRONG),
        "provider: 5 is not text",
    ),
    "model": (
        lambda: log_response(Session("x"), CHAT, user_message="x", model=WRONG),
        "model: 5 is not text",
    ),
    "Claude": (
        lambda: log_claude_interaction(WRONG, user_message="x", response={}), "response: a dict is not",
    ),
    "Gemini": (
        lambda: log_gemini_interaction(WRONG, user_message="x", response={}), "response: a dict is not",
    ),
}  # fmt: skip
"""Functions that log."""

TESTING: dict[str, tuple[Callable[[], object], str]] = {
    "replaying a number": (lambda: replaying(WRONG).__enter__(), "replaying: 5 is not a path"),
    "replaying None": (lambda: replaying(None).__enter__(), "replaying: None is not a path"),  # type: ignore[arg-type]  # wrong
    "replaying what is missing": (
        lambda: replaying("none.jsonl").__enter__(), "none.jsonl: there is no such log",
    ),
    "replaying a folder": (
        lambda: replaying("dir").__enter__(), "dir: is a folder; name a log in it",
    ),
    "status is text": (
        lambda: served("fail", status="x"),
        "status: 'x' is not the HTTP status of a failure; expected 400 to 599",
    ),
    "status is 200": (lambda: served("fail", status=200), "status: 200 is not the HTTP status of"),
    "answer": (lambda: served("answer", 5), "answer: 5 is neither text nor a hilt.testing.Answer"),
    "port": (
        lambda: Provider(port=70_000), "port: 70000 is no port; expected 0 (any free one) to 65535",
    ),
    "port is text": (lambda: Provider(port="x"), "port: 'x' is no port; expected 0"),  # type: ignore[arg-type]  # wrong
    "time": (lambda: FixedClock(WRONG), "start: 5 is not a time as 2026-01-01T00:00:00Z"),
    "step": (
        lambda: FixedClock(step_ms="x"), "step_ms: 'x' is not a number of milliseconds",  # type: ignore[arg-type]  # wrong
    ),
    "calls of a number": (lambda: CallLog(WRONG), "session: 5 writes to no file; use Session("),
    "host": (lambda: Provider(host=WRONG), "host: 5 is not text; expected 127.0.0.1 or ::1"),
    "fallback": (lambda: Provider(fallback=WRONG), "fallback: 5 is not a function of a request"),
    "answering": (lambda: served("answer_with", 5), "answer_with: 5 is not a function of a"),
    "times": (lambda: served("answer", "x", times=0), "times: 0 is neither a whole number from 1"),
    "times is text": (lambda: served("answer", "x", times="x"), "times: 'x' is neither a whole"),
    "tool calls": (
        lambda: served("answer", tool_calls=[5]), "tool_calls: 5 is neither a ToolCall nor",
    ),
    "tool calls are a number": (
        lambda: served("answer", tool_calls=5), "tool_calls: 5 is not a list, such as [(",
    ),
    "tool calls are a name": (
        lambda: served("answer", tool_calls="search"), "tool_calls: 'search' is not a list, such",
    ),
    "tool call has three parts": (
        lambda: served("answer", tool_calls=[("a", {}, 3)]), "tool_calls: ('a', {}, 3) is neither",
    ),
    "tool call's arguments": (
        lambda: served("answer", tool_calls=[("a", 5)]), "tool_calls: ('a', 5) is neither a ToolC",
    ),
    "chunks are a number": (
        lambda: served("answer", chunks=5), "chunks: 5 is not a list of texts",
    ),
    "chunks are a text": (
        lambda: served("answer", "ab", chunks="ab"), "chunks: 'ab' is not a list of texts",
    ),
    "chunk is bytes": (
        lambda: served("answer", chunks=[b"a"]), "chunks: [b'a'] is not a list of texts",
    ),
    "tokens": (
        lambda: served("answer", "x", tokens={"prompt": 1}),
        "tokens: {'prompt': 1} is no Tokens; expected such as Tokens(prompt=10, completion=5)",
    ),
    "count of tokens": (
        lambda: served("answer", "x", tokens=Tokens(prompt=-1)),
        "tokens: prompt: -1 is not a whole number from 0 up",
    ),
    "model": (lambda: served("answer", "x", model=5), "model: 5 is not text"),
    "reasoning": (lambda: served("answer", "x", reasoning=5), "reasoning: 5 is not text"),
    "answer's text": (lambda: served("answer", Answer(WRONG)), "text: 5 is not text"),
    "answer's status": (
        lambda: served("answer", Answer(status=99)), "status: 99 is not an HTTP status, 100 to 599",
    ),
    "answer's headers": (
        lambda: served("answer", Answer(headers=WRONG)), "headers: 5 is not a dict",
    ),
    "answer's vectors": (
        lambda: served("answer", Answer(vectors=WRONG)), "vectors: 5 is not a list",
    ),
    "answer and more": (
        lambda: served("answer", Answer("x"), reasoning="y"),
        "answer: an Answer is given, so put reasoning into it",
    ),
    "fault": (
        lambda: served("fail", foo=5), "no fault 'foo'; there are status, message, retry_after,",
    ),
    "fault is misspelt": (
        lambda: served("fail", statsu=500), "no fault 'statsu' (did you mean status?); there are",
    ),
    "fault and more": (
        lambda: served("fail", Fault(status=500), status=400),
        "fail: a Fault is given, so put status into it",
    ),
    "fault's times": (lambda: served("fail", status=500, times=0), "times: 0 is neither a whole"),
    "fault's path": (lambda: served("fail", path=5), "path: 5 is not text"),
    "fault's bytes": (
        lambda: served("fail", truncate_to=-1), "truncate_to: -1 is not a whole number from 0 up",
    ),
    "no such host": (
        lambda: Provider(host="256.1.1.1").start(), "port 0: cannot listen on it at 256.1.1.1: ",
    ),
    "strict": (
        lambda: replaying("ok.jsonl", strict="x").__enter__(),  # type: ignore[arg-type]  # wrong
        "strict: 'x' is neither True nor False",
    ),
    "seconds": (lambda: FixedClock().advance("x"), "advance: 'x' is not a number of seconds"),  # type: ignore[arg-type]  # wrong
    "number of calls": (
        lambda: CallLog(Session("x")).assert_calls("x"),  # type: ignore[arg-type]  # wrong
        "count: 'x' is not a whole number from 0 up",
    ),
    "filter of calls": (
        lambda: CallLog(Session("x")).assert_calls(1, modl="x"),  # type: ignore[call-arg]  # wrong
        "no filter 'modl' (did you mean model?); there are",
    ),
    "words": (lambda: CallLog(Session("x")).assert_text(""), "text: '' has no words to search for"),
    "most": (
        lambda: CallLog(Session("x")).assert_cost("x"),  # type: ignore[arg-type]  # wrong
        "at_most: 'x' is not an amount of US dollars",
    ),
    "retry": (
        lambda: served("fail", status=429, retry_after="soon"),
        "retry_after: 'soon' is not a number of seconds",
    ),
    "first byte": (
        lambda: served("fail", first_byte_delay="x"),
        "first_byte_delay: 'x' is not a number of seconds",
    ),
    "delay": (lambda: Provider(chunk_delay="x"), "chunk_delay: 'x' is not a number of seconds"),  # type: ignore[arg-type]  # wrong
}  # fmt: skip
"""What tests are written with."""

PIPELINES: dict[str, tuple[Callable[[], object], str]] = {
    "path": (lambda: HiltJsonlSpanExporter(WRONG), "filepath: 5 is not a path"),
    "folder": (lambda: HiltJsonlSpanExporter("dir"), "dir: cannot be opened (Is a directory); giv"),
    "columns": (
        lambda: HiltJsonlSpanExporter("x", columns=["n"]), "columns: no column 'n'; there are",
    ),
    "session": (
        lambda: HiltJsonlSpanExporter(session=WRONG), "session: 5 is not a hilt.Session; open one:",
    ),
    "linger_s": (
        lambda: HiltJsonlSpanExporter("x", linger_s="a"),  # type: ignore[arg-type]  # wrong
        "linger_s: 'a' is not a number of seconds",
    ),
    "max_spans": (
        lambda: HiltJsonlSpanExporter("x", max_spans=0),
        "max_spans: 0 is not a whole number from 1 up",
    ),
    "sheet": (HiltSheetsSpanExporter, _SHEET),
    "processor": (
        lambda: HiltSpanProcessor(WRONG), "session: 5 is not a hilt.Session; open one:",
    ),
    "policy": (
        lambda: Policy(content="nope"), "content: 'nope'; expected one of keep, drop, seal",
    ),
    "patterns": (
        lambda: Policy(patterns=WRONG), "patterns: 5 is not a dict of regular expressions by their",
    ),
    "pattern": (
        lambda: Policy(patterns={"a": "("}), "patterns: a = '(' is not a regular expression: ",
    ),
}  # fmt: skip
"""Exporters, processors and policies."""

ALL = {
    **{
        f"instrument: {name}": (lambda given=given: instrument(**given), message)  # type: ignore[misc]  # mypy has no type for it
        for name, (given, message) in INSTRUMENT.items()
    },
    **{
        f"{group}: {name}": row
        for group, rows in (
            ("session", SESSIONS),
            ("event", EVENTS),
            ("reading", READING),
            ("logging", WHILE_LOGGING),
            ("testing", TESTING),
            ("pipeline", PIPELINES),
        )
        for name, row in rows.items()
    },
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with an empty log and a folder, and no variable that says anything."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "GOOGLE_SHEET_ID", "HILT_SHEET_ID", "HILT_FILEPATH"):
        monkeypatch.delenv(name, raising=False)
    Path("ok.jsonl").touch()
    Path("dir").mkdir()
    yield
    hilt.uninstrument()


@pytest.mark.parametrize("name", ALL)
def test_wrong_argument_is_one_line_with_its_value(name: str) -> None:
    """An error of HILT's, which is what a program catches."""
    wrong, message = ALL[name]

    with pytest.raises(HILTError) as raised:
        wrong()

    text = str(raised.value).replace(f"{Path.cwd().resolve()}/", "")
    assert text.startswith(message)
    assert "\n" not in text


@pytest.mark.parametrize("value", [5, ""])
def test_conversation_needs_a_name(value: Any) -> None:
    """It is a `ValueError`: a program makes a conversation far from where it set up HILT."""
    with (
        pytest.raises(ValueError, match=r"conversation: id .*; expected text that is not empty"),
        hilt.conversation(value),
    ):
        pass


def test_use_session_needs_a_session() -> None:
    """The same, as a `TypeError`."""
    with (
        pytest.raises(TypeError, match=r"use_session: 5 is not a hilt\.Session"),
        get_context().use_session(WRONG),
    ):
        pass


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("HILT_BACKEND", "file", 'no backend \'file\'; expected "local" or "sheets"'),
        ("HILT_BACKEND", "sheets", _SHEET),
        ("HILT_FILEPATH", "dir", "dir: cannot be opened (Is a directory); give the path"),
        ("HILT_COLUMNS", "text", "columns: no column 'text'; there are timestamp,"),
        ("HILT_PROVIDERS", "opnai", "no provider 'opnai'; there are openai,"),
        ("HILT_ROWS", "lines", 'rows: \'lines\'; expected "calls" or "events"'),
        ("HILT_FSYNC", "sometimes", "fsync: 'sometimes' is not a flag; expected true or false"),
        ("HILT_ROTATE_BYTES", "lots", "rotate_bytes: 'lots' is not a size; expected 500000 or"),
        ("HILT_ROTATE_DAILY", "noon", "rotate_daily: 'noon' is not a flag; expected true or"),
        ("HILT_KEEP", "few", "keep: 'few' is not a whole number"),
        ("HILT_COMPRESS", "zip", "compress: 'zip' is not a flag; expected true or false"),
        ("HILT_FILE_MODE", "rw", "file_mode: 'rw' are no permissions; expected octal digits"),
        ("HILT_FOLDER_MODE", "9", "folder_mode: '9' are no permissions; expected octal digits"),
        ("HILT_CAPTURE_CONTENT", "maybe", "capture_content: 'maybe' is not a flag; expected"),
        ("HILT_CAPTURE_CHUNKS", "2", "capture_chunks: '2' is not a flag; expected true or"),
        ("HILT_GIT_STATUS", "x", "git_status: 'x' is not a flag; expected true or false"),
        ("HILT_DISABLED", "x", "disabled: 'x' is not a flag; expected true or false (from HILT_DI"),
        ("HILT_UNSEEN_CALLS", "x", "unseen_calls: 'x' is not a flag; expected true or false"),
        ("HILT_PRICES", "none.toml", "none.toml: cannot be read: No such file or directory"),
        ("HILT_PRIVACY", "redcat", "privacy: no policy 'redcat'; expected redact,"),
    ],
)
def test_wrong_variable_is_one_line_with_its_value(
    variable: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the words of the argument, whose name the variable has."""
    monkeypatch.setenv(variable, value)

    with pytest.raises(HILTError) as raised:
        instrument()

    assert str(raised.value).startswith(message)
    assert variable in str(raised.value) or value in ("sheets", "dir", "none.toml")
    assert "\n" not in str(raised.value)
