"""Videos of Veo: an operation ends when somebody looks after it."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.providers.gemini.videos import Videos, fetch_video_request
from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

genai = pytest.importorskip("google.genai")

from tests.providers.gemini.test_adapter import drop_clients, vertex  # noqa: E402 # skips without it

__all__ = ["drop_clients"]  # a fixture of every test here

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning"),
    pytest.mark.skipif(not hasattr(genai.Client, "operations"), reason="this SDK has no videos"),
]

NAME = "models/veo-3/operations/op1"
LONG_NAME = f"projects/p/locations/l/publishers/google/{NAME}"
MADE = {"videos": [{"gcsUri": "gs://b/a.mp4", "mimeType": "video/mp4"}]}


def make(*states: Any) -> None:
    """Begin a video, and look after it as often as there are states."""
    with Scripted({"name": LONG_NAME}, *states) as server:
        made = vertex(server.url)
        operation = made.models.generate_videos(model="veo-3", prompt="A cat")
        for _ in states:
            made.operations.get(operation)


def test_video_ends_when_it_is_fetched(log: Log) -> None:
    """One prompt and one completion, however often it is fetched."""
    done = {"name": LONG_NAME, "done": True, "response": MADE}
    make({"name": LONG_NAME, "done": False}, done, done)

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "A cat"
    ending = log.ending
    assert ending["content"]["parts"] == [
        {"type": "uri", "modality": "video", "mime_type": "video/mp4", "uri": "gs://b/a.mp4"}
    ]
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["extensions"]["model"] == "veo-3"
    assert ending["extensions"]["cost_unknown"]


def test_video_that_fails(log: Log) -> None:
    """The error of the operation is that of the call."""
    make({"name": LONG_NAME, "done": True, "error": {"code": 8, "message": "Too many."}})

    assert log.actions == ["prompt", "system"]
    assert log.ending["extensions"]["error_code"] == "rate_limit"
    assert log.ending["content"]["text"] == "Too many."


def test_video_that_nobody_fetches(log: Log) -> None:
    """Nothing is said of it until the program ends."""
    make()

    assert log.actions == ["prompt"]


def test_videos_of_geminis_own_api() -> None:
    """They are at a URL."""
    sample = {"video": {"uri": "https://x/a.mp4"}}
    answer = {"generateVideoResponse": {"generatedSamples": [sample]}}
    (message,) = Videos().response({"name": NAME, "done": True, "response": answer}).messages

    assert [part["uri"] for part in message["parts"]] == ["https://x/a.mp4"]


def test_videos_of_vertex() -> None:
    """In base64, or in a bucket; none at all were filtered."""
    videos = [
        {"bytesBase64Encoded": PIXELS_BASE64, "mimeType": "video/mp4"},
        {"gcsUri": "gs://b/a"},
    ]
    found = Videos().response({"name": NAME, "done": True, "response": {"videos": videos}})
    (message,) = found.messages

    assert [part["type"] for part in message["parts"]] == ["blob", "uri"]
    assert message["parts"][0]["sha256"] == PIXELS_DIGEST["sha256"]
    assert Videos().response({"done": True, "response": {}}).outcome == "filtered"


@pytest.mark.parametrize(
    ("method", "url", "body", "operation"),
    [
        ("get", f"https://x/v1beta/{NAME}", None, NAME),
        ("post", "https://x/v1/publishers/google/models/veo:fetchPredictOperation",
         {"operationName": LONG_NAME}, LONG_NAME),
        ("get", "https://x/v1beta/tunedModels/t/operations/op1", None, None),
        ("delete", f"https://x/v1beta/{NAME}", None, None),
        ("get", "https://x/v1beta/models/veo-3", None, None),
    ],
)  # fmt: skip
def test_fetch(method: str, url: str, body: Any, operation: str | None) -> None:
    """Only the state of a video is fetched."""
    request = fetch_video_request(method, url, body)

    assert (request.fetched_response if request else None) == operation
