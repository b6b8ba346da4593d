"""OpenAI's videos as values; no SDK is needed."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Part, Response
from hilt.providers._http import HttpRequest
from hilt.providers.openai.videos import Videos, fetch_video_request, video_request

FILE = {"type": "file", "modality": "video", "file_id": "v1"}


@pytest.mark.parametrize(
    ("path", "body", "parts"),
    [
        ("/videos", {"input_reference": {"file_id": "f1"}},
         [{"type": "file", "modality": "image", "file_id": "f1"}]),
        ("/videos", {"input_reference": {"image_url": "https://x/a.png"}},
         [{"type": "uri", "modality": "image", "uri": "https://x/a.png"}]),
        ("/videos/edits", {"video": {"id": "v1"}}, [FILE]),
        ("/videos/v1/remix", {}, [FILE]),
        ("/videos", {"input_reference": 7, "video": 7}, []),
    ],
)  # fmt: skip
def test_request(path: str, body: dict[str, Any], parts: list[Part]) -> None:
    """The prompt, and what the video is made from."""
    request = video_request(HttpRequest("post", path, {**body, "prompt": "A cat"}))

    prompt = {"type": "text", "content": "A cat"}
    assert request.messages == [{"role": "user", "parts": [prompt, *parts]}]


def test_fetch() -> None:
    """The job whose state is fetched."""
    assert fetch_video_request(HttpRequest("get", "/videos/v1", {})).fetched_response == "v1"


@pytest.mark.parametrize("seconds", [None, "", "long", -1])
def test_odd_seconds_are_not_counted(seconds: object) -> None:
    """Seconds that are no number count nothing."""
    body = {"id": "v1", "status": "completed", "seconds": seconds}

    assert Videos().response(body).usage is None


def test_nothing() -> None:
    """An answer of another form says nothing."""
    assert Videos().response("odd") == Response()
