"""HuggingFace's other tasks: pictures, sounds, labels, translations."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hilt.providers._http import HttpRequest
from hilt.providers.huggingface.tasks import TASKS, Task, task_request
from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import PIXELS, PIXELS_BASE64, PIXELS_DIGEST

LABELS = [{"label": "cat", "score": 0.9}, {"label": "dog", "score": 0.1}]


def text(content: str) -> dict[str, str]:
    """A text part."""
    return {"type": "text", "content": content}


@pytest.mark.parametrize(
    ("task", "body", "files", "operation", "part"),
    [
        ("translation", {"inputs": "Hi"}, None, "generate_content", text("Hi")),
        ("text-to-image", {"prompt": "A cat"}, None, "generate_content", text("A cat")),
        ("automatic-speech-recognition", {}, PIXELS, "generate_content",
         {"type": "blob", "modality": "audio", **PIXELS_DIGEST}),
        ("image-classification", {"inputs": PIXELS_BASE64}, None, "classification",
         {"type": "blob", "modality": "image", **PIXELS_DIGEST}),
        ("visual-question-answering", {"inputs": {"question": "Who?", "image": PIXELS_BASE64}},
         None, "generate_content", text('{"question":"Who?","image":"..."}')),
    ],
)  # fmt: skip
def test_request(task: str, body: Any, files: Any, operation: str, part: Any) -> None:
    """A text, JSON without its picture, or a blob."""
    request = task_request(HttpRequest("post", "https://x/", body, files=files), task)
    (message,) = request.messages
    (found,) = message["parts"]

    assert request.operation == operation
    assert {name: found[name] for name in part} == part
    assert request.attributes == {"gen_ai.output.type": TASKS[task]}


@pytest.mark.parametrize(
    ("task", "body", "parts"),
    [
        ("translation", [{"translation_text": "Salut"}], [text("Salut")]),
        ("summarization", {"summary_text": "Short."}, [text("Short.")]),
        ("image-classification", LABELS, [text("cat"), {"type": "classification",
                                                        "labels": LABELS}]),
        ("sentence-similarity", [0.5, 0.1], [text("[0.5,0.1]")]),
    ],
)  # fmt: skip
def test_answer(task: str, body: Any, parts: list[Any]) -> None:
    """A text, labels with their scores, or JSON as it is."""
    assert Task(task).response(body).messages == [{"role": "assistant", "parts": parts}]


def test_picture() -> None:
    """What was made is kept by its size and hash."""
    (message,) = Task("text-to-image").response(PIXELS).messages
    (part,) = message["parts"]

    assert {name: part[name] for name in ("type", "modality", *PIXELS_DIGEST)} == {
        "type": "blob", "modality": "image", **PIXELS_DIGEST,
    }  # fmt: skip


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_through_the_client(log: Log, is_async: bool) -> None:
    """A prompt and a completion, without a cost, and why."""
    hub = pytest.importorskip("huggingface_hub")
    with Scripted(([{"translation_text": "Salut"}],)) as server:
        server.answers[:] = ['[{"translation_text": "Salut"}]']
        if is_async:
            client = hub.AsyncInferenceClient(model=server.url, token="test")
            answer = asyncio.run(client.translation("Hi"))
        else:
            answer = hub.InferenceClient(model=server.url, token="test").translation("Hi")

    assert answer.translation_text == "Salut"
    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hi"
    assert log.ending["content"]["text"] == "Salut"
    assert log.ending["extensions"]["cost_unknown"]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_refused(log: Log) -> None:
    """A refusal is the SDK's exception, and a failure in the log."""
    hub = pytest.importorskip("huggingface_hub")
    with Scripted((401, {"error": "No."})) as server, pytest.raises(Exception, match="401"):
        hub.InferenceClient(model=server.url, token="test").summarization("Long")

    assert log.ending["extensions"]["error_code"] == "authentication"
