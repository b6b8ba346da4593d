"""Values that must never be written, through what else writes to logs: tools, imports, viewers.

Commands have no policy of their own: they take that of ``HILT_PRIVACY``.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

import hilt
from hilt import Session
from hilt.cli.main import run
from tests.privacy.canaries import PERSONAL, TEXT, found_in
from tests.privacy.tools.conftest import conversation_of

POLICIES = ("redact", "pseudonymous", "metadata", "sealed")


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder with everything that is written; the keys are elsewhere."""
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
    written = tmp_path / "written"
    written.mkdir()
    monkeypatch.chdir(written)
    return written


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("fails", [False, True])
def test_no_value_of_a_tool_of_mcp_is_in_the_file(
    policy: str, folder: Path, *, fails: bool
) -> None:
    """Arguments, results, and what a tool says of its failure."""
    mcp = pytest.importorskip("mcp")
    server = pytest.importorskip("mcp.server.mcpserver", reason="mcp before 2 has another server")
    made = server.MCPServer("people")

    @made.tool()
    def find(who: str) -> str:
        """Find somebody."""
        if fails:
            raise ValueError(f"nobody is {who}")
        return f"{who} {TEXT}"

    async def call() -> None:
        async with mcp.Client(made) as client:
            await client.call_tool("find", {"who": TEXT})

    hilt.instrument(providers=["mcp"], privacy=policy)
    try:
        with hilt.conversation(PERSONAL["email"], user=PERSONAL["email"]):
            asyncio.run(call())
    finally:
        hilt.uninstrument()

    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_no_value_of_an_imported_history_is_in_the_file(
    policy: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other programs have kept of conversations."""
    messages = [
        {
            "uuid": f"m{number}",
            "sender": sender,
            "created_at": f"2026-10-01T08:00:0{number}.123456Z",
            "content": [{"type": "text", "text": TEXT}],
            "attachments": [{"file_name": PERSONAL["email"], "extracted_content": TEXT}],
        }
        for number, sender in enumerate(("human", "assistant"))
    ]
    talk = {"uuid": "talk", "name": TEXT, "account": PERSONAL["email"], "chat_messages": messages}
    export = tmp_path / "conversations.json"
    export.write_text(json.dumps([talk]), encoding="utf-8")
    monkeypatch.setenv("HILT_PRIVACY", policy)

    assert run(["import", str(export), "-o", "log.jsonl"]) == 0
    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_no_value_of_feedback_in_the_viewer_is_in_the_file(
    policy: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a reviewer types into a page."""
    pytest.importorskip("starlette", reason='the viewer needs pip install "hilt[view]"')
    from starlette.testclient import TestClient

    from hilt.cli.viewer.app import Viewer, make_app

    monkeypatch.setenv("HILT_PRIVACY", policy)
    log = folder / "log.jsonl"
    with Session(log) as session:
        session.append_all(events := conversation_of(PERSONAL["email"], "s1", TEXT))
    host = "127.0.0.1:8080"
    viewer = Viewer(hilt.open_log(log), reviewer=PERSONAL["email"])
    client = TestClient(make_app(viewer, [host], "t0k"), base_url=f"http://{host}")
    client.get("/?token=t0k")
    form = {"event_id": events[1].event_id, "rating": "good", "comment": TEXT, "correction": TEXT}
    answer = client.post("/feedback", data=form, headers={"origin": f"http://{host}"})

    assert answer.status_code < 400, answer.text
    assert found_in(policy, folder) == []


@pytest.mark.parametrize("policy", POLICIES)
def test_no_value_is_in_what_is_made_of_a_redacted_log(policy: str, folder: Path) -> None:
    """Pages, tables, archives and comparisons of a log that was written without a policy."""
    pytest.importorskip("duckdb")
    from hilt.privacy.tools.archive_place import ArchivePlace

    log = folder / "log.jsonl"
    with Session(log) as session:
        session.append_all(conversation_of(PERSONAL["email"], PERSONAL["email"], TEXT))

    assert run(["redact", str(log), "--policy", policy]) == 0
    assert run(["report", str(log), "-o", "page.html"]) == 0
    assert run(["archive", str(log), "--to", "archive"]) == 0
    for name in ("events.csv", "talk.md", "talk.html", "events.sqlite", "spans.otlp.json"):
        form = ["--to", "otlp"] if "otlp" in name else []
        assert run(["convert", str(log), "-o", name, *form]) == 0
    packed = b"".join(ArchivePlace(folder / "archive").lines()).decode()
    assert found_in(policy, folder, packed) == []
