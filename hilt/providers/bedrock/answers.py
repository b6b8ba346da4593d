"""What Bedrock's adapter and its hooks on botocore share."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["OPERATIONS", "Answer"]

OPERATIONS = frozenset(
    {"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"}
)
"""The operations of ``bedrock-runtime`` that call a model."""


class Answer:
    """The body of an answer, with the headers that count its tokens."""

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.body = body
        self.headers = headers
