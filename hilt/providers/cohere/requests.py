"""What a Fern-made SDK, such as Cohere's, is about to send, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hilt.genai.json_values import decode_json

__all__ = ["Refused", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """What is about to be sent."""

    path: str
    body: Any
    base_url: str | None
    stream: bool


class Refused(Exception):  # noqa: N818 # it is never raised
    """Stands for the exception that the SDK is about to raise for an HTTP response."""

    def __init__(self, http: Any) -> None:
        super().__init__(http.text)
        self.response = http
        self.status_code: int = http.status_code
        self.body: Any = http.text
        self.is_json = True
        try:
            self.body = decode_json(http.content)
        except ValueError:
            self.is_json = False
