"""One endpoint of a provider: how its requests are parsed and its answers written."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

    from hilt.testing.provider.answers import Answer, Json, ParsedRequest

__all__ = ["Endpoint", "Exchange", "Ids", "object_schema", "sse"]

_LETTERS = string.ascii_letters + string.digits


class Ids:
    """Makes ids like those of the providers.

    Args:
        seed: If given, the ids are the same in every run.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = Random(seed if seed is not None else secrets.randbits(64))  # noqa: S311

    def new(self, prefix: str, length: int = 24) -> str:
        """A new id that begins with the prefix."""
        return prefix + "".join(self._random.choices(_LETTERS, k=length))


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, with what is needed to write it.

    Args:
        request: The request.
        answer: The answer.
        ids: Makes the ids that the answer does not have.
        now: Seconds since the epoch.
    """

    request: ParsedRequest
    answer: Answer
    ids: Ids
    now: int

    def id(self, prefix: str, length: int = 24) -> str:
        """The answer's id, or a new one."""
        return self.answer.id or self.ids.new(prefix, length)


@dataclass(frozen=True)
class Endpoint:
    """One endpoint.

    Args:
        path: Matches the whole path of a request; the group ``model``, where there is one,
            is the model.
        read: Parses a request, from its JSON body and the match of its path.
        whole: The JSON of an answer that is not streamed.
        stream: The server-sent events of a streamed answer; None if the endpoint has no streams.
        error: The JSON of an error, from its status, its message and a request id.
        request_id_header: The header that carries the request's id.
    """

    path: re.Pattern[str]
    read: Callable[[Json, re.Match[str]], ParsedRequest]
    whole: Callable[[Exchange], Json]
    error: Callable[[int, str, str], Json]
    stream: Callable[[Exchange], Iterator[bytes]] | None = None
    request_id_header: str = "x-request-id"


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()


def object_schema(schema: Any) -> Json:
    """The schema, or that of an object without properties if it is none."""
    return schema if isinstance(schema, dict) else {"type": "object", "properties": {}}
