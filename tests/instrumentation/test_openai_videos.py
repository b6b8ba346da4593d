"""OpenAI's videos: a job ends when somebody looks after it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hilt.instrumentation import OpenAIInstrumentor
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_openai import without

pytestmark = [
    without("videos.create", "prompt"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),  # of the SDK: the API ends
]


def video(status: str, **fields: Any) -> dict[str, Any]:
    """A job as the API sends it."""
    return {
        "id": "video_1", "object": "video", "created_at": 1, "status": status, "progress": 0,
        "model": "sora-2", "prompt": "A cat", "seconds": "4", "size": "720x1280", **fields,
    }  # fmt: skip


def client(*states: Any, is_async: bool = False) -> Any:
    """A client of a server that has one job."""
    answers = {"POST /videos": video("queued"), "GET /videos/video_1": list(states)}
    return openai_client(answers, is_async)


def test_video_ends_when_it_is_retrieved(log: Log) -> None:
    """One prompt and one completion, with what was made; no table has a price for it."""
    made = client(video("in_progress"), video("completed"), video("completed"))
    made.videos.create(model="sora-2", prompt="A cat")
    made.videos.retrieve("video_1")
    assert log.actions == ["prompt"]
    made.videos.retrieve("video_1")
    made.videos.retrieve("video_1")

    assert log.actions == ["prompt", "completion"]
    prompt, ending = log.one("prompt"), log.ending
    assert prompt["content"]["text"] == "A cat"
    assert ending["content"]["parts"] == [
        {"type": "file", "modality": "video", "file_id": "video_1", "resolution": "720x1280",
         "seconds": 4.0}
    ]  # fmt: skip
    assert ending["extensions"]["reply_to"] == prompt["event_id"]
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["provenance"]["usage"] == {"seconds": "4", "size": "720x1280"}
    assert "metrics" not in ending
    assert ending["extensions"]["cost_unknown"]


def test_video_of_an_async_client(log: Log) -> None:
    """The async client's helper waits for the job, which is one call."""
    made = client(video("completed"), is_async=True)
    asyncio.run(made.videos.create_and_poll(model="sora-2", prompt="A cat"))

    assert log.actions == ["prompt", "completion"]


def test_video_that_fails(log: Log) -> None:
    """A job that fails is a failed call, with the provider's code."""
    error = {"code": "moderation_blocked", "message": "Not this."}
    made = client(video("failed", error=error))
    made.videos.create(model="sora-2", prompt="A cat")
    made.videos.retrieve("video_1")

    assert log.actions == ["prompt", "system"]
    extensions = log.ending["extensions"]
    assert (extensions["outcome"], extensions["error_code"]) == ("failed", "invalid_request")
    assert log.ending["content"]["text"] == "Not this."


def test_video_that_nobody_retrieves(log: Log) -> None:
    """Its ending says that it is pending, and names the job."""
    client().videos.create(model="sora-2", prompt="A cat")

    OpenAIInstrumentor().end_pending()

    assert log.ending["extensions"]["outcome"] == "pending"
    assert log.ending["provenance"]["response_id"] == "video_1"


def test_remix(log: Log) -> None:
    """A remix names the video that it is made from."""
    made = openai_client({"POST /videos/video_1/remix": video("queued", id="video_2")})
    made.videos.remix("video_1", prompt="With a hat")

    part = log.one("prompt")["content"]["messages"][0]["parts"][1]
    assert part == {"type": "file", "modality": "video", "file_id": "video_1"}


def test_listing_and_deleting_are_no_calls(log: Log) -> None:
    """What manages jobs is not logged."""
    made = openai_client({"DELETE /videos/video_1": {"id": "video_1", "deleted": True}})
    made.videos.delete("video_1")

    assert log.events == []
