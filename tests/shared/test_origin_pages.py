"""The two pages that users were promised: every Python block runs as it is written there."""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt.testing.provider import Provider
from hilt.testing.sheets import SheetsEmulator

pytestmark = [
    pytest.mark.shared,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHEETS = ("1nduXlCD47mU2TiCJDgr29_K9wFg_vi1DpvflFsTHM44", "prod-sheet-id", "...")
# What a page leaves out by "..." as an argument, a reader fills in.
LEFT_OUT = (
    ("client.chat.completions.create(...)", 'client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}])'),
    ("client.messages.create(...)", 'client.messages.create(model="claude-haiku-4-5", max_tokens=9, messages=[{"role": "user", "content": "Hello"}])'),
    ("instrument(...)", 'instrument(filepath="logs/again.jsonl")'),
    ('sheet_id="..."', 'sheet_id="prod-sheet-id"'),
)  # fmt: skip
# What LangChain has moved since: the same class and the same call under their present names.
MOVED = (
    ("from langchain.llms import OpenAI", "from langchain_openai import OpenAI"),
    ('llm("Explain', 'llm.invoke("Explain'),
)


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Providers and a Google on this machine, found through the environment."""
    monkeypatch.chdir(tmp_path)
    with Provider(seed=1) as provider, SheetsEmulator() as sheets:
        for sheet_id in SHEETS[:2]:
            sheets.add_book(sheet_id)
        key = json.dumps(sheets.service_account())
        (tmp_path / "credentials.json").write_text(key, encoding="utf-8")
        variables = {
            "OPENAI_BASE_URL": provider.openai_url,
            "OPENAI_API_KEY": "test",
            "OPENAI_API_BASE": provider.openai_url,
            "ANTHROPIC_BASE_URL": provider.url,
            "ANTHROPIC_API_KEY": "test",
            "GOOGLE_CREDENTIALS": key,
            "GOOGLE_CREDENTIALS_PATH": str(tmp_path / "credentials.json"),
            "HILT_SHEETS_API_ROOT": sheets.api_root,
            "HILT_OUTBOX": str(tmp_path / "outboxes"),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield provider
        hilt.uninstrument()


def retired_gemini(provider: Provider) -> types.ModuleType:
    """`google.generativeai` pointed at this machine; skips where it is not installed."""
    genai = pytest.importorskip("google.generativeai")
    configure = genai.configure

    def here(**options: Any) -> None:
        configure(
            **{**options, "transport": "rest", "client_options": {"api_endpoint": provider.url}}
        )

    genai.configure = here
    return genai


def blocks(page: Path) -> list[str]:
    """The Python blocks of a page, with what it leaves out filled in."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    for old, new in LEFT_OUT + MOVED:
        found = [code.replace(old, new) for code in found]
    return found


@pytest.mark.parametrize("name", ["auto-instrumentation.md", "helpers-and-frameworks.md"])
def test_blocks_of_an_origin_page_run(name: str, shared: Path, surroundings: Provider) -> None:
    """Each block runs where the blocks before it ran."""
    import openai

    space: dict[str, Any] = {"openai": openai, "client": openai.OpenAI()}
    for code in blocks(shared / "origin" / name):
        if "google import generativeai" in code:
            retired_gemini(surroundings)
        exec(compile(code, name, "exec"), space)

    for log in Path("logs").glob("*.jsonl"):
        for line in log.read_text(encoding="utf-8").splitlines():
            hilt.Event.from_json(line)


def test_promised_columns_are_in_the_sheet(surroundings: Provider) -> None:
    """The documented example fills exactly the documented columns, in their order."""
    import openai

    columns = ["timestamp", "conversation_id", "reply_to", "message", "cost_usd", "status_code"]
    hilt.instrument(
        backend="sheets",
        sheet_id=SHEETS[0],
        credentials_path="credentials.json",
        worksheet_name="LLM Logs",
        columns=columns,
    )
    openai.OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": "Hello"}]
    )

    assert hilt.flush(30)
