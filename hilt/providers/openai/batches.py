"""OpenAI's batches: a file of requests, and a day later a file of answers, at half the price.

The requests are read when the file is uploaded, if it is given as bytes or as a path, and logged
when the batch is made of it; a file that is open is the caller's, and is not read. The answers are
read when their file is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from hilt.core.bounded import BoundedDict
from hilt.genai.coerce import list_or_empty, text_or_none
from hilt.genai.json_values import decode_json, get_path
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Failure, Request, Response, Surface
from hilt.instrumentation.batches import (
    BatchFile,
    QueuedSurface,
    ResultsSurface,
    SubmissionSurface,
)
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._completions import Completions
from hilt.providers._embeddings import Embeddings
from hilt.providers._http import HttpRequest
from hilt.providers._media import Images, form_contents
from hilt.providers.openai.moderations import Moderations
from hilt.providers.openai.responses import Responses

__all__ = ["OutputFile", "Status", "Submission", "Upload", "batch_of"]

RequestReader = Callable[[str, Mapping[str, object]], Request | None]
"""Reads the path and the body of a request within a batch."""

_FILES = re.compile(r"(?:.*/openai)?/files/?")
_CONTENT = re.compile(r"(?:.*/openai)?/files/([^/]+)/content/?")
_BATCHES = re.compile(r"(?:.*/openai)?/batches/?")
_BATCH = re.compile(r"(?:.*/openai)?/batches/[^/]+(?:/cancel)?/?")
_LARGEST_FILE = 32 * 1024 * 1024
_MOST_FILES = 16
_FIRST_ERROR_STATUS = 400

_uploaded: BoundedDict[str, bytes] = BoundedDict(_MOST_FILES)
"""Files of requests, by their ids, of which no batch is made yet."""
_batch_of_file: BoundedDict[str, str] = BoundedDict(10_000)
"""The batches of the files with answers and errors."""

_SURFACES: dict[str, tuple[str, Surface]] = {
    "chat.completion": ("chat", ChatCompletions()),
    "response": ("chat", Responses()),
    "text_completion": ("text_completion", Completions()),
    "list": ("embeddings", Embeddings()),
}
_MODERATION = ("moderation", Moderations())
_IMAGES = ("generate_content", Images())


def batch_of(sent: HttpRequest, read: RequestReader) -> Surface | None:
    """The surface of a request that is about a batch; None for others."""
    method, path = sent.method, sent.path
    if method == "post" and _FILES.fullmatch(path) and sent.body.get("purpose") == "batch":
        content = next(form_contents(sent.files, "file"), None)
        return Upload(content) if content is not None else None
    if method == "post" and _BATCHES.fullmatch(path):
        file_id = str(sent.body.get("input_file_id"))
        return Submission(list(_requests_in(_uploaded.pop(file_id, b""), read)))
    if _BATCHES.fullmatch(path) or _BATCH.fullmatch(path):
        return Status()
    content_path = _CONTENT.fullmatch(path) if method == "get" else None
    return OutputFile(content_path[1]) if content_path is not None else None


def _requests_in(content: bytes, read: RequestReader) -> Iterator[tuple[str, Request]]:
    for line in _json_lines(content):
        body = get_path(line, "body")
        request = read(str(get_path(line, "url")), body if isinstance(body, Mapping) else {})
        if request is not None:
            request.batch = True
            yield str(get_path(line, "custom_id")), request


def _json_lines(content: bytes) -> Iterator[Any]:
    for line in content.splitlines():
        try:
            yield decode_json(line)
        except ValueError:
            continue  # an empty line, or none that a batch can have


class _Silent(Call):
    """A request that calls no model, but says what later ones are about."""

    __slots__ = ()

    surface: _SilentSurface

    def begin(self) -> None:
        """There is no prompt."""

    def end(self, how: Ending, value: Any = None) -> None:
        """Note what the answer says."""
        if how is Ending.RETURNED:
            self.surface.note(value)


class _SilentSurface(Surface):
    """How the answer to such a request is read."""

    name = "batches"
    call_type = _Silent

    def note(self, body: object) -> None:
        """Note what the answer says."""
        raise NotImplementedError


class Upload(_SilentSurface):
    """The answer to the upload of a file of requests.

    Args:
        content: The file.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content

    def note(self, body: object) -> None:
        """Keep the file until a batch is made of it."""
        file_id = text_or_none(get_path(body, "id"))
        if file_id and len(self._content) <= _LARGEST_FILE:
            _uploaded.keep(file_id, self._content)


class Status(_SilentSurface):
    """A batch, or a page of them."""

    def note(self, body: object) -> None:
        """Note which files have the answers of which batch."""
        rows = get_path(body, "data")
        for batch in list_or_empty(rows) if rows is not None else [body]:
            batch_id = text_or_none(get_path(batch, "id"))
            for name in ("output_file_id", "error_file_id"):
                file_id = text_or_none(get_path(batch, name))
                if file_id and batch_id:
                    _batch_of_file.kept(file_id, batch_id)


class Submission(SubmissionSurface):
    """The answer to the submission of a batch.

    Args:
        requests: The requests in it, by ``custom_id``.
    """

    name = "batches"

    def __init__(self, requests: list[tuple[str, Request]]) -> None:
        super().__init__(requests, QueuedSurface())

    def response(self, body: object) -> Response:
        """The batch's id and state."""
        return Response(id=text_or_none(get_path(body, "id")), status=get_path(body, "status"))


class OutputFile(ResultsSurface):
    """A file that may have the answers of a batch.

    Args:
        file_id: Its id, which stands for the batch where that is not known.
    """

    name = "batches"
    call_type = BatchFile
    binary = True

    def __init__(self, file_id: str) -> None:
        super().__init__(_batch_of_file.kept(file_id, file_id))

    def lines(self, body: object) -> Sequence[Any]:
        """The lines of a batch's file; none of any other file."""
        content = body if isinstance(body, (bytes, str)) else get_path(body, "content")
        content = content.encode() if isinstance(content, str) else content
        if not isinstance(content, bytes) or b'"custom_id"' not in content[:_LONGEST_START]:
            return ()
        return list(_json_lines(content))

    def result(self, line: object) -> tuple[str, Response] | None:
        """The ``custom_id`` of a line, and the answer in it; None if it has none."""
        key, answer = get_path(line, "custom_id"), get_path(line, "response")
        error = get_path(line, "error")
        if key is None or (answer is None and error is None):
            return None
        status = get_path(answer, "status_code")
        if answer is None:
            return str(key), Response(failure=_failure_of(error))
        if isinstance(status, int) and status >= _FIRST_ERROR_STATUS:
            return str(key), Response(failure=_failure_of_answer(status, answer))
        body = get_path(answer, "body")
        return str(key), _kind_of(body)[1].response(body)

    def operation(self, line: object) -> str:
        """The operation, by the kind of its answer."""
        return _kind_of(get_path(line, "response", "body"))[0]


_LONGEST_START = 4096  #: a line begins with its ids


def _kind_of(body: object) -> tuple[str, Surface]:
    """The operation and the surface of an answer that does not say what was asked."""
    kind = _SURFACES.get(str(get_path(body, "object")))
    if kind is not None:
        return kind
    if get_path(body, "results") is not None:
        return _MODERATION
    return _SURFACES["chat.completion"] if get_path(body, "data") is None else _IMAGES


def _failure_of(error: object) -> Failure:
    """Why a request was not made: the batch expired, or was cancelled."""
    code = str(get_path(error, "code") or "error")
    message = without_secrets(str(get_path(error, "message") or ""))
    if code == "batch_expired":
        return Failure("timeout", code, message, 408, "timeout", provider_code=code)
    if code == "batch_cancelled":
        return Failure("cancelled", code, message, 499, "cancelled", provider_code=code)
    return Failure("unknown", code, message, provider_code=code)


def _failure_of_answer(status: int, answer: object) -> Failure:
    error = get_path(answer, "body", "error")
    code = text_or_none(get_path(error, "code")) or text_or_none(get_path(error, "type"))
    return Failure(
        error_code_of_status(status),
        code or "error",
        without_secrets(str(get_path(error, "message") or "")),
        status,
        provider_code=code,
        request_id=text_or_none(get_path(answer, "request_id")),
    )
