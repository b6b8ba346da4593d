"""What Bedrock's adapter and its hooks on botocore share."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["AGENT_OPERATIONS", "OPERATIONS", "Answer"]

OPERATIONS = frozenset(
    {"Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream"}
)
"""The operations of ``bedrock-runtime`` that call a model."""

AGENT_OPERATIONS = frozenset(
    {"InvokeAgent", "Rerank", "Retrieve", "RetrieveAndGenerate", "RetrieveAndGenerateStream"}
)
"""The operations of ``bedrock-agent-runtime`` that call a model, or search for one."""


class Answer:
    """The body of an answer, with the headers that count its tokens."""

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        self.body = body
        self.headers = headers
