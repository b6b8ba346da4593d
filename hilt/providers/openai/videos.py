"""OpenAI's videos: jobs that a request begins, and that later requests look after."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import number_or_none, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_url
from hilt.genai.values import Failure, Part, Request, Response, Surface, Usage
from hilt.providers._http import HttpRequest
from hilt.providers._media import file_parts
from hilt.providers._message_parts import file_part, text_part

__all__ = ["Videos", "fetch_video_request", "video_request"]

_VIDEO_PATH = re.compile(r".*/videos/([^/]+)/?")
_REMIX_PATH = re.compile(r".*/videos/([^/]+)/remix/?")
_UNFINISHED = frozenset(("queued", "in_progress"))


def video_request(sent: HttpRequest) -> Request:
    """A request of ``videos.create``, ``edit``, ``extend`` and ``remix``."""
    body = sent.body
    parts = [text_part(body["prompt"])] if isinstance(body.get("prompt"), str) else []
    parts += [*file_parts(sent.files, "video"), *_sources_of(body)]
    remixed = _REMIX_PATH.fullmatch(sent.path)
    if remixed:
        parts.append(file_part(remixed[1], "video"))
    return Request(
        "generate_content",
        "",
        model=text_or_none(body.get("model")),
        messages=[{"role": "user", "parts": parts}],
        attributes={semconv.OUTPUT_TYPE: "video"},
    )


def _sources_of(body: Mapping[str, object]) -> list[Part]:
    """The picture that a video begins with, and the video that it is made from."""
    image, video = body.get("input_reference"), get_path(body.get("video"), "id")
    parts = [file_part(video, "video")] if video else []
    if isinstance(image, Mapping):
        url, file = image.get("image_url"), image.get("file_id")
        parts.append(blob_of_url(url) if url else file_part(file, "image"))
    return parts


def fetch_video_request(sent: HttpRequest) -> Request:
    """A request for the state of a job: ``videos.retrieve``."""
    video = _VIDEO_PATH.fullmatch(sent.path)
    return Request("fetch_response", "", fetched_response=video[1] if video else None)


class Videos(Surface):
    """Answers of ``videos``: the state of a job. The video itself is downloaded apart."""

    name = "videos"

    def response(self, body: object) -> Response:
        """The video by its id, its size and its seconds, as soon as it is made."""
        status = text_or_none(get_path(body, "status"))
        response = Response(
            id=text_or_none(get_path(body, "id")),
            model=text_or_none(get_path(body, "model")),
            status=status,
            pending=status in _UNFINISHED,
        )
        if status == "completed":
            _add_video(response, body)
        elif status == "failed":
            response.failure = _failure_of(get_path(body, "error"))
        return response


def _add_video(response: Response, body: object) -> None:
    part = {**file_part(response.id, "video"), "resolution": get_path(body, "size")}
    message = {"role": "assistant", "parts": [part]}
    seconds = get_path(body, "seconds")
    response.raw_usage = {"seconds": seconds, "size": part["resolution"]}
    response.add_choice(message, "completed")
    count = number_or_none(float(seconds)) if _is_number(seconds) else None
    if count is not None:
        part["seconds"] = count
        response.usage = Usage(units={"output_video_seconds": count})


def _is_number(seconds: object) -> bool:
    return str(seconds).replace(".", "", 1).isdecimal()


def _failure_of(error: object) -> Failure:
    code = str(get_path(error, "code") or "failed")
    message = str(get_path(error, "message") or "the video could not be made")
    is_filtered = "moderation" in code
    known = "invalid_request" if is_filtered else "server_error"
    return Failure(known, code, message, provider_code=code)
