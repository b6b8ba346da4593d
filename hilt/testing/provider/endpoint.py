"""What one endpoint of one provider looks like on the wire."""

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

    from hilt.testing.provider.answers import Answer, Asked, Json

__all__ = ["Ids", "Surface", "Writing", "object_schema", "sse"]

_LETTERS = string.ascii_letters + string.digits


class Ids:
    """Makes ids in the manner of the providers.

    Args:
        seed: With one, the same ids come in the same order in every run.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._random = Random(seed if seed is not None else secrets.randbits(64))  # noqa: S311

    def new(self, prefix: str, length: int = 24) -> str:
        """A new id that begins with the prefix."""
        return prefix + "".join(self._random.choices(_LETTERS, k=length))


@dataclass(frozen=True)
class Writing:
    """What is needed to write an answer down.

    Args:
        asked: What it answers.
        answer: The answer.
        ids: For the ids that the answer leaves open.
        now: Seconds since the epoch.
    """

    asked: Asked
    answer: Answer
    ids: Ids
    now: int

    def id(self, prefix: str, length: int = 24) -> str:
        """The answer's id, or a new one."""
        return self.answer.id or self.ids.new(prefix, length)


@dataclass(frozen=True)
class Surface:
    """One endpoint.

    Args:
        path: Matches the whole path of a request; the group ``model``, where there is one,
            is the model.
        read: From the JSON body and the match to what is asked.
        whole: The JSON of an answer that is not streamed.
        stream: The server-sent events of one that is; None where there are no streams.
        error: The JSON of an error, from its status, its message and a request id.
        request_id_header: The header that carries the request's id.
    """

    path: re.Pattern[str]
    read: Callable[[Json, re.Match[str]], Asked]
    whole: Callable[[Writing], Json]
    error: Callable[[int, str, str], Json]
    stream: Callable[[Writing], Iterator[bytes]] | None = None
    request_id_header: str = "x-request-id"


def sse(data: Any, event: str | None = None) -> bytes:
    """One server-sent event."""
    text = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {text}\n\n".encode()


def object_schema(schema: Any) -> Json:
    """The schema if it is one, else that of an object without properties."""
    return schema if isinstance(schema, dict) else {"type": "object", "properties": {}}
