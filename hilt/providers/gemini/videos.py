"""Videos of Veo: a request begins an operation, and later requests look after it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64, blob_of_url
from hilt.genai.outcome import error_code_of_status
from hilt.genai.values import Failure, Part, Request, Response, Surface
from hilt.providers.gemini.embeddings import predict_request

__all__ = ["Videos", "fetch_video_request", "video_request"]

_OPERATION = re.compile(r"((?:projects/.+/)?(?:publishers/[^/]+/)?models/[^/]+/operations/[^/:?]+)")
_GRPC = {3: 400, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""The HTTP status of gRPC's codes, which operations have."""


def video_request(body: Mapping[str, object]) -> Request:
    """A request of ``models.generate_videos``: a prompt, and a picture or a video."""
    request = predict_request(body)
    request.attributes[semconv.OUTPUT_TYPE] = "video"
    return request


def fetch_video_request(method: str, url: str, body: object) -> Request | None:
    """A request for the state of an operation; None for any other request."""
    name = get_path(body, "operationName") if ":fetchPredictOperation" in url else url
    operation = _OPERATION.search(str(name or ""))
    is_fetch = ":fetchPredictOperation" in url or method == "get"
    if operation is None or not is_fetch:
        return None
    return Request("fetch_response", "", fetched_response=operation[1])


class Videos(Surface):
    """Answers of an operation: not done yet, failed, or the videos."""

    name = "models.generate_videos"

    def response(self, body: object) -> Response:
        """The videos by where they are, or their hashes; no counts come with them."""
        done, error = bool(get_path(body, "done")), get_path(body, "error")
        response = Response(id=text_or_none(get_path(body, "name")), pending=not done)
        if error:
            response.pending, response.failure = False, _failure_of(error)
        elif done:
            parts = [_part_of(each) for each in _videos_of(get_path(body, "response"))]
            response.add_choice({"role": "assistant", "parts": parts}, "completed")
            if not parts:
                response.outcome = "filtered"
        return response


def _videos_of(answer: object) -> list[object]:
    """The videos as Gemini's own API has them, or as Vertex AI does."""
    samples = as_list(get_path(answer, "generateVideoResponse", "generatedSamples"))
    return [get_path(each, "video") for each in samples] or list(
        as_list(get_path(answer, "videos"))
    )


def _part_of(video: object) -> Part:
    mime_type = text_or_none(get_path(video, "mimeType")) or "video/mp4"
    data = get_path(video, "bytesBase64Encoded") or get_path(video, "encodedVideo")
    if data:
        return blob_of_base64(data, mime_type, "video")
    url = get_path(video, "gcsUri") or get_path(video, "uri")
    return blob_of_url(url or "", mime_type, "video")


def _failure_of(error: object) -> Failure:
    code = count_or_none(get_path(error, "code"))
    status = _GRPC.get(code or 0)
    known = error_code_of_status(status) if status is not None else "server_error"
    message = str(get_path(error, "message") or "the video could not be made")
    return Failure(known, "google.rpc.Status", message, status, provider_code=str(code))
