"""Values that must never be written, through every door of the library.

Each door is used as a program uses it, with values of each kind in every place; then all bytes on
the disk are searched, and all that a sheet has.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import Event, Session
from hilt.testing import Provider
from hilt.testing.sheets import SheetsEmulator
from hilt_otel_exporters.importing import import_spans
from tests.privacy.canaries import CLIENT_KEY, PERSONAL, POLICIES, TEXT, found_in

openai = pytest.importorskip("openai")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with everything that is written; the keys are elsewhere."""
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
    written = tmp_path / "written"
    written.mkdir()
    monkeypatch.chdir(written)
    return written


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Answers as they are set."""
    with Provider() as provider:
        yield provider


@contextlib.contextmanager
def _logged(policy: str, **arguments: Any) -> Iterator[Session]:
    """Log all calls of OpenAI's SDK under a policy."""
    if policy == "capture_content=False":
        session = hilt.instrument(providers=["openai"], capture_content=False, **arguments)
    else:
        session = hilt.instrument(providers=["openai"], privacy=policy, **arguments)
    try:
        yield session
    finally:
        hilt.uninstrument()


def _client(provider: Provider) -> Any:
    return openai.OpenAI(base_url=provider.openai_url, api_key=CLIENT_KEY, max_retries=0)


MESSAGES: list[Any] = [
    {"role": "system", "content": TEXT},
    {"role": "user", "name": "ann", "content": TEXT},
    {
        "role": "assistant",
        "content": TEXT,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "find", "arguments": json.dumps({"who": TEXT})},
            }
        ],
    },
    {"role": "tool", "tool_call_id": "call_1", "content": TEXT},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": TEXT},
            {"type": "image_url", "image_url": {"url": f"https://x.example/{PERSONAL['email']}.png"}},
            {"type": "file", "file": {"filename": f"{PERSONAL['email']}.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
        ],
    },
]  # fmt: skip
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "find",
            "description": TEXT,
            "parameters": {"type": "object", "properties": {"who": {"type": "string"}}},
        },
    }
]


def _chat(provider: Provider) -> None:
    """A chat with everything that a request and an answer can hold."""
    provider.answer(TEXT, reasoning=TEXT, tool_calls=[("find", {"who": TEXT})])
    _client(provider).chat.completions.create(
        model="gpt-4o-mini",
        messages=MESSAGES,
        tools=TOOLS,
        stop=[TEXT[:60]],
        user=PERSONAL["email"],
        metadata={"customer": TEXT[:400]},
        extra_headers={"X-Customer": PERSONAL["email"], "Authorization": f"Bearer {CLIENT_KEY}"},
        extra_query={"customer": PERSONAL["email"], "api_key": CLIENT_KEY},
    )


def _stream(provider: Provider) -> None:
    """A stream whose chunks cut the values."""
    provider.answer(chunks=[TEXT[start : start + 7] for start in range(0, len(TEXT), 7)])
    chunks = _client(provider).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": TEXT}], stream=True
    )
    for _ in chunks:
        pass


def _left_stream(provider: Provider) -> None:
    """A stream that is left within a value."""
    provider.answer(chunks=[TEXT[start : start + 5] for start in range(0, len(TEXT), 5)])
    chunks = _client(provider).chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": TEXT}], stream=True
    )
    for index, _ in enumerate(chunks):
        if index == 5:
            break
    chunks.close()


def _refused(provider: Provider) -> None:
    """Errors whose messages repeat what was sent, and the key."""
    for status in (400, 401, 429, 500):
        provider.fail(status=status, message=f"Key {CLIENT_KEY} may not say: {TEXT}")
        with contextlib.suppress(openai.OpenAIError):
            _client(provider).chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": TEXT}]
            )


def _responses(provider: Provider) -> None:
    """The Responses API, with instructions and a list of inputs."""
    provider.answer(TEXT)
    _client(provider).responses.create(
        model="gpt-4o-mini",
        instructions=TEXT,
        input=[{"role": "user", "content": [{"type": "input_text", "text": TEXT}]}],
        user=PERSONAL["email"],
        metadata={"customer": TEXT[:400]},
    )


def _embeddings(provider: Provider) -> None:
    """Texts to embed."""
    _client(provider).embeddings.create(model="text-embedding-3-small", input=[TEXT, TEXT])


def _named(provider: Provider) -> None:
    """A conversation and a user by ids that name a person, and feedback."""
    with hilt.conversation(PERSONAL["email"], user=PERSONAL["email"]):
        provider.answer("Yes.")
        _client(provider).chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": TEXT}]
        )
        hilt.feedback("evt_1", rating="good", comment=TEXT, correction=TEXT, user=PERSONAL["email"])


def _appended(provider: Provider) -> None:  # as a door is called
    """Events that the program makes itself."""
    session = hilt.get_context().session
    assert session is not None
    session.append(
        Event(
            session_id=PERSONAL["email"],
            actor={"type": "tool", "id": "search", "name": TEXT},
            action="retrieval",
            content={"text": TEXT, "documents": [{"id": TEXT, "text": TEXT, "metadata": {"by": TEXT}}]},
            extensions={"mine": {"deep": [TEXT]}},
        )
    )  # fmt: skip


DOORS: list[Callable[[Provider], None]] = [
    _chat,
    _stream,
    _left_stream,
    _refused,
    _responses,
    _embeddings,
    _named,
]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__.strip("_"))
def test_no_value_is_in_the_file(
    door: Callable[[Provider], None], policy: str, provider: Provider, folder: Path
) -> None:
    """The log, its rotated and compressed parts, and whatever else is beside it."""
    with _logged(policy, rotate_bytes=4000):
        door(provider)

    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", [each for each in POLICIES if "=" not in each])
def test_no_value_of_the_programs_own_events_is_in_the_file(
    policy: str, provider: Provider, folder: Path
) -> None:
    """A policy stands before the sinks, whoever made the event."""
    with _logged(policy):
        _appended(provider)

    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.slow_after(2)
def test_no_value_is_in_the_sheet_or_its_outbox(
    policy: str, provider: Provider, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in what waits on the disk nor in any cell."""
    monkeypatch.setenv("HILT_OUTBOX", str(folder / "outbox"))
    with SheetsEmulator() as sheets:
        sheets.add_book("book")
        monkeypatch.setenv("HILT_SHEETS_API_ROOT", sheets.api_root)
        key = sheets.service_account()
        with _logged(policy, sheet_id="book", credentials_json=json.dumps(key)) as session:
            for door in DOORS:
                door(provider)
            waiting = found_in(policy, folder, "")
            assert session.flush(20)
        cells = json.dumps([tab.values() for tab in sheets.book("book").tabs], default=str)

    assert cells.count("conv_") > len(DOORS)
    assert waiting == []
    assert found_in(policy, folder, cells) == []


def test_a_person_is_found_under_two_pseudonyms(provider: Provider, folder: Path) -> None:
    """Without content and under a policy, one is made of the other; a request to erase finds it."""
    from hilt.privacy.tools.subject import Subject, find_subject

    with _logged("metadata", capture_content=False) as session, hilt.conversation("c", user="ann"):
        _embeddings(provider)
        log = session.path
    assert log is not None

    assert len(find_subject(log, Subject("ann")).own) == 2
    assert len(find_subject(log, Subject("bob")).own) == 0


SPAN = {
    "name": f"chat {PERSONAL['email']}",
    "context": {"trace_id": "0x" + "1" * 32, "span_id": "0x" + "2" * 16},
    "kind": "SpanKind.CLIENT",
    "parent_id": None,
    "start_time": "2026-11-28T02:48:25.369164Z",
    "end_time": "2026-11-28T02:48:25.386859Z",
    "status": {"status_code": "ERROR", "description": TEXT},
    "attributes": {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.conversation.id": PERSONAL["email"],
        "user.id": PERSONAL["email"],
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": TEXT}]),
        "gen_ai.input.messages": json.dumps(
            [{"role": "user", "parts": [{"type": "text", "content": TEXT}]}]
        ),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": TEXT}]}]
        ),
        "error.type": "ValueError",
    },
    "events": [
        {
            "name": "exception",
            "timestamp": "2026-11-28T02:48:25.380000Z",
            "attributes": {"exception.type": "ValueError", "exception.message": TEXT},
        }
    ],
    "links": [],
    "resource": {"attributes": {"service.name": "demo"}},
}


@pytest.mark.parametrize("policy", [each for each in POLICIES if "=" not in each])
def test_no_value_of_a_foreign_span_is_in_the_file(
    policy: str, folder: Path, tmp_path: Path
) -> None:
    """Spans of other instrumentations go through the same policies."""
    spans = tmp_path / "spans.json"
    spans.write_text(json.dumps([SPAN]))
    with Session(folder / "log.jsonl", privacy=policy) as session:
        import_spans([spans], session)

    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", [each for each in POLICIES if "=" not in each])
def test_no_value_of_a_langchain_run_is_in_the_file(
    policy: str, provider: Provider, folder: Path
) -> None:
    """The callback handler writes to a session with a policy."""
    pytest.importorskip("langchain_openai")
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI

    from hilt.integrations.langchain import HILTCallbackHandler

    @tool
    def find(who: str) -> str:
        """Find somebody."""
        return f"{who} {TEXT}"

    provider.answer(TEXT)
    with Session(folder / "log.jsonl", privacy=policy) as session:
        handler = HILTCallbackHandler(session=session)
        model = ChatOpenAI(model="gpt-4o-mini", base_url=provider.openai_url, api_key=CLIENT_KEY)
        settings: Any = {
            "callbacks": [handler],
            "metadata": {"customer": TEXT, "thread_id": PERSONAL["email"]},
            "tags": [PERSONAL["email"]],
        }
        model.invoke([("system", TEXT), ("human", TEXT)], config=settings)
        find.invoke({"who": TEXT}, config=settings)
        provider.fail(status=401, message=f"{CLIENT_KEY} {TEXT}")
        with contextlib.suppress(openai.OpenAIError):
            model.invoke(TEXT, config=settings)

    assert found_in(policy, folder) == []
