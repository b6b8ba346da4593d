"""Runs of tools over MCP: a tool call, unless an answer has asked for it, and its result."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import list_or_empty, str_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Failure, Part, Request, Response
from hilt.instrumentation.step_calls import StepSurface
from hilt.providers._message_parts import text_part, tool_response
from hilt.recording.history import History
from hilt.recording.step_events import Step

__all__ = ["Tools"]


class Tools(StepSurface):
    """The result of one run of a tool.

    Args:
        name: The tool.
        arguments: What it is run with.
        server: The name of its server, if that is known.
    """

    name = "tools"

    def __init__(self, name: str, arguments: object, server: str | None) -> None:
        self._tool = name
        self._arguments = arguments
        self._server = server

    def step(self, request: Request) -> Step:
        """The run of the tool."""
        step = Step("tool", request.operation, self._tool, 0, 0, arguments=self._arguments)
        if self._server:
            step.extensions["mcp_server"] = self._server
        return step

    def join(self, step: Step, history: History) -> bool:
        """Let the result answer the tool call of a model's answer, if one asks for the run.

        If the same is asked for in several conversations, nobody can tell which one it is for:
        it is not logged, and each of them has the result that it is sent.
        """
        calls = [
            each
            for each in history.open_tool_calls.matching(
                step.name, step.arguments, step.session_id or None
            )
            if not history.has_result(each.event_id)
        ]
        if calls and len({each.session_id for each in calls}) == 1:
            history.open_tool_calls.take(calls[0], step.arguments)
            step.start_id, step.session_id = calls[0].event_id, calls[0].session_id
            step.call_id = calls[0].call_id
        return len({each.session_id for each in calls}) <= 1

    def response(self, body: object) -> Response:
        """What the tool gave; it may say that it failed."""
        parts = [_part_of(each) for each in list_or_empty(get_path(body, "content"))]
        structured = _first_of(body, "structured_content", "structuredContent")
        result = _result_of(parts) if structured is None else to_plain_json(structured)
        response = Response(
            messages=[{"role": "tool", "parts": [tool_response(None, result)]}],
            finish_reasons=["stop"],
        )
        if _first_of(body, "is_error", "isError") is True:
            texts = [to_text(part.get("content")) for part in parts if part["type"] == "text"]
            response.failure = Failure("unknown", "tool_error", "\n".join(texts))
        return response

    def complete(self, step: Step, response: Response) -> None:
        """Give the step its result."""
        step.result = response.messages[0]["parts"][0]["response"]


def _result_of(parts: list[Part]) -> object:
    """The text of a result that is one text; else its parts."""
    if len(parts) == 1 and parts[0]["type"] == "text":
        return parts[0]["content"]
    return parts


def _part_of(content: object) -> Part:
    """A part of a result; what is binary is named by its hash."""
    kind = get_path(content, "type")
    if kind == "text":
        return text_part(get_path(content, "text"))
    if kind in ("image", "audio"):
        mime_type = str_or_none(_first_of(content, "mime_type", "mimeType"))
        return blob_of_base64(get_path(content, "data"), mime_type)
    plain = to_plain_json(content)
    return plain if isinstance(plain, dict) else text_part(content)


def _first_of(value: object, *names: str) -> Any:
    """A field by the first of its names that is there: they changed from mcp 1 to 2."""
    return next((each for name in names if (each := get_path(value, name)) is not None), None)
