"""What is on the spans of each emitter: the table of docs/foreign_spans.md.

    python .ci/foreign_spans.py [--check] [FOLDER ...]

A folder holds one for each emitter, with a file of spans for each scenario and a ``truth.json`` of
what its provider answered. Rows of emitters that no folder has stay as they are. A fact that the
events do not have is looked for in all values of the spans: what is on none of them cannot be
read. Exits 1 where a fact is on a span and not in the events, unless `REASONS` says why, and with
``--check`` where the page is not what this would write.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from hilt.genai.json_values import json_or_text  # noqa: E402 # found beside this file
from hilt.io.session import Session  # noqa: E402
from hilt.testing.memory import MemorySink  # noqa: E402
from hilt_otel_exporters.importing import import_spans  # noqa: E402
from tests.shared.not_recorded import EXCEPTIONS  # noqa: E402
from tests.shared.truth import expected_of  # noqa: E402

PAGE = ROOT / "docs" / "foreign_spans.md"
SHARED = [ROOT.parent / "shared" / name for name in ("foreign-spans", "foreign-spans-2")]
TABLE = re.compile(r"(<!-- emitters -->\n)(.*?)(<!-- end -->)", re.DOTALL)
HEAD = ["| emitter | recorded by | there | on no span |", "| --- | --- | --- | --- |"]
TOKENS = {
    "prompt": "input tokens",
    "completion": "output tokens",
    "cached": "cached tokens",
    "cache_write": "tokens written to a cache",
    "reasoning": "reasoning tokens",
}
_AGENT_ONLY = "spans of agents alone"
_HANDOFF = "a handoff, which is no tool"
REASONS: dict[tuple[str, str], str] = {
    ("openinference-openai-agents", "tool results"): _HANDOFF,
    ("openinference-openai-agents+openai", "tool results"): _HANDOFF,
    ("openllmetry-agno", "input tokens"): _AGENT_ONLY,
    ("openllmetry-agno", "output tokens"): _AGENT_ONLY,
    ("openllmetry-crewai", "tool calls"): _AGENT_ONLY,
    ("openllmetry-google-generativeai", "tool calls"): "the SDK's own loop is one span",
    ("openllmetry-haystack+openai", "reasoning tokens"): "only on a span that names no call",
}
"""Why a fact that is on a span is not in the events: by emitter, or ``*`` for all, and fact."""

Fact = tuple[str, Any]
Events = list[dict[str, Any]]


def main(arguments: list[str]) -> int:
    """Write the table, or compare it; 1 for a difference or a fact that is not read."""
    folders = [Path(each) for each in arguments if each != "--check"] or SHARED
    rows, unread = {}, []
    for emitter in sorted(
        each.parent for folder in folders for each in folder.glob("*/truth.json")
    ):
        rows[emitter.name], faults = row_of(emitter)
        unread += faults
    for folder in folders:
        rows.update(_rows_of_first(folder) if (folder / "ground-truth.json").exists() else {})
    for fault in unread:
        print("on a span, and not in the events:", fault)
    page = PAGE.read_text(encoding="utf-8")
    written = TABLE.sub(lambda table: f"{table[1]}{_table(table[2], rows)}\n{table[3]}", page)
    if "--check" in arguments:
        print(f"{len(rows)} emitters; the page is {'as' if written == page else 'not what'} made")
        return int(written != page or bool(unread))
    PAGE.write_text(written, encoding="utf-8")
    return int(bool(unread))


def _table(before: str, made: dict[str, str]) -> str:
    rows = {line.split(" | ")[0][2:]: line for line in before.splitlines()[2:] if "|" in line}
    rows.update(made)
    return "\n".join([*HEAD, *(rows[name] for name in sorted(rows))])


def _rows_of_first(folder: Path) -> dict[str, str]:
    """The rows of the first collection, whose facts tests/shared/test_foreign_spans.py checks."""
    truth = json.loads((folder / "ground-truth.json").read_text(encoding="utf-8"))
    rows = {}
    for emitter in sorted(each for each in folder.iterdir() if each.is_dir()):
        present: set[str] = set()
        absent: dict[str, list[str]] = {}
        scopes: dict[str, None] = {}
        for file in sorted(emitter.glob("*.json")):
            if file.name.endswith((".logs.json", "metrics.json")):
                continue
            scopes.update(dict.fromkeys(_recorders(json.loads(file.read_text(encoding="utf-8")))))
            for fact in expected_of(emitter.name, file.stem, truth, loops=True):
                if (emitter.name, file.stem, fact) in EXCEPTIONS:
                    absent.setdefault(fact, []).append(file.stem)
                else:
                    present.add(fact)
        rows[emitter.name] = _row(emitter.name, scopes, present, absent)
    return rows


def _row(
    name: str, scopes: Iterable[str], there: Iterable[str], absent: dict[str, list[str]]
) -> str:
    lacks = [f"{fact} ({', '.join(dict.fromkeys(where))})" for fact, where in absent.items()]
    cells = (name, ", ".join(scopes), ", ".join(sorted(there)), "; ".join(sorted(lacks)))
    return f"| {' | '.join(each or '-' for each in cells)} |"


def row_of(emitter: Path) -> tuple[str, list[str]]:
    """The row of one emitter, and the facts on its spans that the events do not have."""
    truth = json.loads((emitter / "truth.json").read_text(encoding="utf-8"))
    present: Counter[str] = Counter()
    absent: dict[str, list[str]] = {}
    scopes: dict[str, None] = {}
    faults = []
    for scenario, answered in sorted(truth["scenarios"].items()):
        file = emitter / f"{scenario}.json"
        if not file.exists() or not answered.get("requests"):
            continue
        spans = json.loads(file.read_text(encoding="utf-8"))
        scopes.update(dict.fromkeys(_recorders(spans)))
        logs = file.with_name(f"{scenario}.logs.json")
        events = _events_of([file, *([logs] if logs.exists() else [])])
        on_spans = set(_values(spans))
        if logs.exists():
            on_spans |= set(_values(json.loads(logs.read_text(encoding="utf-8"))))
        there, missing = _compared(answered["requests"], events)
        present.update(there)
        counted = Counter(value for _, value in set(_wanted(answered["requests"])))
        for name, value in missing:
            reason = REASONS.get((emitter.name, name)) or REASONS.get(("*", name))
            absent.setdefault(f"{name}: {reason}" if reason else name, []).append(scenario)
            if value in on_spans and counted[value] == 1 and not reason:
                faults.append(f"{emitter.name}/{scenario}: {name}, {value!r}")
    return _row(emitter.name, scopes, present, absent), faults


def _recorders(spans: list[dict[str, Any]]) -> Iterator[str]:
    for span in spans:
        scope = span.get("scope") or span.get("instrumentation_scope") or {}
        yield f"{scope.get('name') or '?'} {scope.get('version') or ''}".strip()


def _events_of(files: list[Path]) -> Events:
    sink = MemorySink()
    with Session(sink) as session:
        import_spans(files, session)
    return [event.to_dict() for event in sink.events]


def _compared(requests: list[dict[str, Any]], events: Events) -> tuple[set[str], list[Fact]]:
    """The kinds of facts that are right, and the facts that are not in the events."""
    counts = Counter(_facts_in(events))
    there, missing = set(), []
    for fact in _wanted(requests):
        if counts[fact] > 0:
            counts[fact] -= 1
            there.add(fact[0])
        else:
            missing.append(fact)
    return there, missing


def _wanted(requests: list[dict[str, Any]]) -> Iterator[Fact]:
    """What really happened, a fact at a time."""
    for request in requests:
        kind = request.get("kind")
        if kind not in ("chat", "responses", "embeddings", "completion", "generate", None):
            continue
        if request["status"] != 200:  # noqa: PLR2004 # the status of a success
            yield "errors", "error"
            continue
        answer = request.get("answer") or {}
        yield "calls", "call"
        if answer.get("text") and kind != "embeddings":
            yield "answers", answer["text"]
        for call in answer.get("tool_calls") or ():
            yield "tool calls", call["name"]
        for name, count in (answer.get("tokens") or {}).items():
            if count and name in TOKENS:
                yield TOKENS[name], count
    results = (_plain(result) for each in requests for result in each.get("tool_results") or ())
    for result in dict.fromkeys(results):
        yield "tool results", result


def _plain(result: object) -> str:
    """A result in one spelling, if it is JSON."""
    value = json_or_text(result) if isinstance(result, str) else result
    return value if isinstance(value, str) else json.dumps(value)


def _facts_in(events: Events) -> Iterator[Fact]:
    """The same facts, from the events."""
    for event in events:
        content, action = event.get("content") or {}, event["action"]
        if action in ("completion", "embedding"):
            yield "calls", "call"
            yield "answers", content.get("text")
            for name, count in (event.get("metrics", {}).get("tokens") or {}).items():
                if name in TOKENS:
                    yield TOKENS[name], count
        elif action == "tool_call":
            yield "tool calls", (content.get("tool") or {}).get("name")
        elif action == "tool_result":
            yield "tool results", _plain(content.get("text") or "")
        elif action == "system":  # of a call, or of the agent around it
            yield "answers", content.get("text")
            if event.get("extensions", {}).get("error_code"):
                yield "errors", "error"


def _values(value: Any) -> Iterator[Any]:
    """Every text and number in some spans, out of whatever JSON they stand in."""
    if isinstance(value, str):
        yield value
        inner = json_or_text(value)
        if not isinstance(inner, str):
            yield json.dumps(inner)
            yield from _values(inner)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _values(each)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each)
    elif isinstance(value, int):
        yield value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
