"""Real installations of other instrumentations, each in an environment of its own.

    python tests/shared/matrix.py SHARED_FOLDER [--envs DIR] [--only NAME ...]

Each drives the recordings through the replay server with `HiltJsonlSpanExporter` attached, and so
does HILT itself in the same environment. The two logs must say the same, call by call and fact by
fact, up to what the emitter does not record: `ABSENT` and `DIFFERENT` list that. For the official
instrumentations the spans are compared as well, attribute by attribute. Exits 1 where something
else differs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from hilt.genai.finish_reasons import finish_reason_of
from tests.shared.deliberate import ABSENT, ATTRIBUTES, DIFFERENT, METRICS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installation:
    """What is installed together, and which recordings it is driven with."""

    packages: tuple[str, ...]
    providers: str = "openai"


INSTALLATIONS = {
    "official": Installation(
        (
            "opentelemetry-instrumentation-genai-openai",
            "opentelemetry-instrumentation-genai-anthropic",
            "openai",
            "anthropic",
        ),
        "openai,anthropic",
    ),
    "openllmetry": Installation(("opentelemetry-instrumentation-openai", "openai")),
    "openinference": Installation(("openinference-instrumentation-openai", "openai")),
    "logfire": Installation(("logfire", "openai")),
    "pydantic-ai": Installation(("pydantic-ai-slim[openai]", "openai"), "agent"),
}


@dataclass
class Compared:
    """What came out of comparing two logs."""

    calls: int = 0
    same: Counter[str] = field(default_factory=Counter)
    absent: Counter[str] = field(default_factory=Counter)
    listed: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Run every installation, print what was compared, and say whether all is well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shared", type=Path)
    parser.add_argument("--envs", type=Path, help="keep the environments here")
    parser.add_argument("--only", nargs="*", choices=list(INSTALLATIONS))
    options = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        envs = options.envs or Path(scratch)
        for name in options.only or INSTALLATIONS:
            ours, theirs = run(name, envs, options.shared, Path(scratch))
            failed |= report(name, compare_logs(name, ours, theirs))
            if name == "official":
                failed |= report("official spans", compare_spans(ours, theirs))
                failed |= report("official metrics", compare_metrics(ours, theirs))
    return int(failed)


def run(name: str, envs: Path, shared: Path, scratch: Path) -> tuple[list[Any], list[Any]]:
    """What HILT's log and the emitter's say of each recording."""
    installation, env = INSTALLATIONS[name], envs / name
    python = env / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "-q", str(env)], check=True)
        install = ["uv", "pip", "install", "-q", "--python", str(python), str(ROOT)]
        subprocess.run([*install, *installation.packages], check=True)
    found = []
    for watcher in ("hilt", name):
        out = scratch / f"{name}.{watcher}.jsonl"
        child = [str(python), str(Path(__file__).with_name("matrix_child.py")), watcher]
        subprocess.run(
            [*child, str(shared), str(out), installation.providers],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        found.append([json.loads(line) for line in out.read_text().splitlines()])
    return found[0], found[1]


def report(name: str, found: Compared) -> bool:
    """Print a comparison; whether it failed."""
    print(f"\n{name}: {found.calls} compared, {sum(found.same.values())} facts the same")
    for what, counts in (("not recorded", found.absent), ("listed as different", found.listed)):
        for fact, count in sorted(counts.items()):
            print(f"  {what:20} {fact:46} {count:5}")
    for line in found.wrong[:40]:
        print(f"  WRONG {line}")
    if len(found.wrong) > 40:
        print(f"  ... and {len(found.wrong) - 40} more")
    return bool(found.wrong)


# -- events -----------------------------------------------------------------------------------


def compare_logs(name: str, ours: list[Any], theirs: list[Any]) -> Compared:
    """HILT's log and the one that was made of an emitter's spans."""
    found = Compared()
    for mine, other in zip(ours, theirs, strict=True):
        first, second = list(calls_of(mine["events"])), list(calls_of(other["events"]))
        found.calls += len(first)
        if len(first) != len(second):
            kind = f"{len(second)} calls for {len(first)}"
            _note(found, name, mine["name"], "calls", len(first), len(second), kind)
            continue
        for one, two in zip(first, second, strict=True):
            for fact, value in one.items():
                _note(found, name, mine["name"], fact, value, two[fact])
    return found


def _note(
    found: Compared, name: str, where: str, fact: str, ours: Any, theirs: Any, shown: str = ""
) -> None:
    if ours == theirs:
        found.same[fact] += 1
    elif theirs in (None, "", 0, [], {}) and fact in ABSENT.get(name, {}):
        found.absent[fact] += 1
    elif any(each.covers(fact, where, ours, theirs) for each in DIFFERENT.get(name, ())):
        found.listed[fact] += 1
    else:
        text = shown or f"{str(theirs)[:90]!r} for {str(ours)[:90]!r}"
        found.wrong.append(f"{where} {fact}: {text}")


def calls_of(events: list[Any]) -> Iterator[dict[str, Any]]:
    """The calls in a log, in their order, as facts."""
    prompt, results = "", []
    tools: dict[str, list[Any]] = {}
    for event in events:
        if event["action"] == "tool_call":
            shown = event["content"]["tool"]
            tools.setdefault(event["extensions"]["reply_to"], []).append(
                [shown["name"], shown.get("call_id"), shown.get("arguments")]
            )
    for event in events:
        content, extensions = event.get("content", {}), event.get("extensions", {})
        if event["action"] == "prompt":
            prompt = content.get("text") or ""
        elif event["action"] == "tool_result":
            results.append(content.get("text"))
        elif event["action"] in ("completion", "embedding") or _is_failure(event):
            yield {
                "prompt": prompt,
                "tool results": results,
                "tool calls": tools.get(event["event_id"], []),
                **_ending(event, content, extensions),
            }
            prompt, results = "", []


def _is_failure(event: Any) -> bool:
    extensions = event.get("extensions", {})
    return event["action"] == "system" and "outcome" in extensions and "step" not in extensions


def _ending(event: Any, content: Any, extensions: Any) -> dict[str, Any]:
    provenance, tokens = event["provenance"], event.get("metrics", {}).get("tokens", {})
    reason = extensions.get("finish_reason")
    failed = event["action"] == "system"
    return {
        "action": event["action"],
        "text": "" if failed else content.get("text") or "",
        "reasoning": content.get("reasoning"),
        "request model": extensions.get("model"),
        "response model": provenance.get("response_model"),
        "response id": provenance.get("response_id"),
        "provider": provenance["provider"],
        "finish reason": finish_reason_of(reason) if reason else None,
        "outcome": extensions.get("outcome"),
        "error code": extensions.get("error_code"),
        "error type": (extensions.get("error_type") or "").rpartition(".")[2] or None,
        "status code": extensions.get("status_code"),
        **{
            f"{kind} tokens": tokens.get(kind) or None
            for kind in ("prompt", "completion", "cached", "cache_write", "reasoning", "audio")
        },
    }


# -- spans ------------------------------------------------------------------------------------

_OWN = ("hilt.",)


def compare_spans(ours: list[Any], theirs: list[Any]) -> Compared:
    """HILT's spans and the official ones, attribute by attribute."""
    found = Compared()
    for mine, other in zip(ours, theirs, strict=True):
        first, second = mine["spans"], other["spans"]
        found.calls += len(first)
        if len(first) != len(second):
            _note_attribute(found, mine["name"], "spans", len(first), len(second))
            continue
        for one, two in zip(first, second, strict=True):
            for fact, left, right in _facts_of_spans(one, two):
                _note_attribute(found, mine["name"], fact, left, right)
    return found


def _facts_of_spans(one: Any, two: Any) -> Iterator[tuple[str, Any, Any]]:
    yield "name", one["name"], two["name"]
    yield "kind", one["kind"], two["kind"]
    yield "status", one["status"]["status_code"], two["status"]["status_code"]
    for name in sorted({*one["attributes"], *two["attributes"]}):
        if not name.startswith(_OWN):
            left, right = one["attributes"].get(name), two["attributes"].get(name)
            yield name, _value(name, left), _value(name, right)


def _value(name: str, value: Any) -> Any:
    """An attribute's value; content as the messages that it stands for."""
    content = name.endswith((".messages", "_instructions", ".definitions"))
    return _without_empty(json.loads(value)) if content and isinstance(value, str) else value


def _without_empty(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if isinstance(value, dict):
        kept = {key: _without_empty(each) for key, each in value.items() if each is not None}
        kept.pop("finish_reason", None)
        return kept
    return value


def _note_attribute(found: Compared, where: str, fact: str, ours: Any, theirs: Any) -> None:
    if ours == theirs:
        found.same[fact] += 1
    elif any(each.covers(fact, where, ours, theirs) for each in ATTRIBUTES):
        found.listed[fact] += 1
    else:
        found.wrong.append(f"{where} {fact}: {str(theirs)[:90]!r} for {str(ours)[:90]!r}")


# -- metrics ----------------------------------------------------------------------------------

_PER_RUN = ("server.address", "server.port")
_ONLY_OURS = ("openai.response.service_tier", "openai.response.system_fingerprint")


def compare_metrics(ours: list[Any], theirs: list[Any]) -> Compared:
    """The GenAI metrics of all calls together: units, buckets, counts, and sums of tokens."""
    found = Compared()
    first, second = _metrics(ours[-1]["metrics"]), _metrics(theirs[-1]["metrics"])
    for metric in sorted({key[0] for key in (*first, *second)}):
        found.calls += 1
        for name, part in (("shape", 0), ("values", 1)):
            left = {key[1:]: both[part] for key, both in first.items() if key[0] == metric}
            right = {key[1:]: both[part] for key, both in second.items() if key[0] == metric}
            _note_metric(found, f"{metric} {name}", left, right)
    return found


def _note_metric(found: Compared, fact: str, left: dict[Any, Any], right: dict[Any, Any]) -> None:
    for key in sorted({*left, *right}):
        one, two = left.get(key), right.get(key)
        if one == two:
            found.same[fact] += 1
        elif any(each.covers(fact, str(key), one, two) for each in METRICS):
            found.listed[fact] += 1
        else:
            found.wrong.append(f"{fact} {dict(key[0])}: {two!r} for {one!r}")


def _metrics(points: list[Any]) -> dict[Any, tuple[Any, Any]]:
    """Points by metric and attributes: what they look like, and what they say."""
    found: dict[Any, tuple[Any, Any]] = {}
    for point in points:
        kept = tuple(
            sorted(
                (name, str(value))
                for name, value in point["attributes"].items()
                if name not in _PER_RUN + _ONLY_OURS
            )
        )
        timed = point["unit"] == "s"
        key = (point["metric"], kept)
        _, (count, total) = found.get(key, (None, (0, 0)))
        said = (count + point["count"], 0 if timed else total + point["sum"])
        found[key] = ((point["unit"], tuple(point["bounds"])), said)
    return found


if __name__ == "__main__":
    sys.exit(main())
