"""A log recorded from real traffic and served by ``hilt replay`` gives SDKs the same answers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager

import pytest

import hilt

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore")]

PROVIDERS = (
    "openai",
    "azure_openai",
    "deepseek",
    "openrouter",
    "vllm",
    "anthropic",
    "google_genai",
    "cohere",
)
APIS = frozenset(
    (
        "chat.completions",
        "completions",
        "responses",
        "embeddings",
        "messages",
        "beta.messages",
        "generateContent",
        "streamGenerateContent",
        "batchEmbedContents",
        "v2.chat",
        "v2.embed",
        "v2.rerank",
    )
)


@pytest.fixture(scope="module")
def recordings(shared, replay):
    """The recordings of the APIs that are served, as far as an SDK can still make their calls."""
    found = []
    for provider in PROVIDERS:
        for path in sorted((shared / "recordings" / provider).glob("*.json")):
            recording = json.loads(path.read_text(encoding="utf-8"))
            if {each["api"] for each in recording["interactions"]} <= APIS:
                found.append(recording)
    return found


@pytest.fixture(scope="module")
def first_time(recordings, replay, tmp_path_factory):
    """The log of all recordings, and what the callers saw, by the recording's name."""
    log = tmp_path_factory.mktemp("replay") / "app.jsonl"
    seen = {}
    hilt.instrument(filepath=log)
    try:
        for recording in recordings:
            with replay.server.ReplayServer([recording]) as server:
                try:
                    seen[recording["name"]] = replay.drive.drive(recording, server.base_url)
                except replay.drive.NotDrivable:
                    continue
    finally:
        hilt.uninstrument()
    return log, seen


@contextmanager
def served(log):
    """The root URL of ``hilt replay``."""
    command = [sys.executable, "-m", "hilt", "replay", str(log), "--strict", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.terminate()


def told(result):
    """What a caller saw, to compare."""
    saw = result.summary
    answer = (saw.texts, saw.tool_calls, saw.finish_reasons, saw.usage, saw.vectors)
    return (*answer, result.error, result.status, result.message)


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_sdks_get_the_same_answers(recordings, first_time, replay, mode):
    """Text, tool calls, finish reasons, usage and errors are those of the first time, every one."""
    log, first = first_time
    different, calls = [], 0

    with served(log) as server:
        for recording in recordings:
            if recording["name"] not in first:
                continue
            if mode == "sync":
                again = replay.drive.drive(recording, server["url"])
            else:
                again = asyncio.run(replay.drive.drive_async(recording, server["url"]))
            for before, after in zip(first[recording["name"]], again, strict=True):
                calls += 1
                if told(before) != told(after):
                    different.append(f"{recording['name']}: {told(before)} became {told(after)}")

    assert different == []
    assert len(first) >= 100
    assert server["answers"] == calls
    assert server["skipped"] == {}
