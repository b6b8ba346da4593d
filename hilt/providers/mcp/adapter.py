"""MCP's SDK: tools that a client session runs at a server."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import str_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers.mcp.hooks import CALL_TOOL
from hilt.providers.mcp.tools import Tools

__all__ = ["MCP"]

_CODES = {
    408: "timeout",  # mcp 1
    -32000: "connection",
    -32001: "timeout",
    -32600: "invalid_request",
    -32601: "not_found",
    -32602: "invalid_request",
    -32603: "server_error",
}


class MCP:
    """The ``mcp`` package: what a `ClientSession` calls; servers are not observed."""

    name = "mcp"
    targets: tuple[Target, ...] = (
        Target("mcp.client.session", "ClientSession.call_tool", CALL_TOOL),
    )
    surfaces: Mapping[str, str] = {"tools": "ClientSession.call_tool, Client.call_tool"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The run of a tool."""
        name = to_text(call.get(0, "name"))
        arguments = to_plain_json(call.get(1, "arguments"))
        return Request("execute_tool", "mcp"), Tools(name, arguments, _server_of(call.instance))

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised; errors of the protocol have codes of JSON-RPC."""
        failure = failure_of(error)
        code = get_path(error, "error", "code")
        known = _CODES.get(code if isinstance(code, int) else 0)
        if known is not None:
            failure.error_code, failure.provider_code = known, str(code)
        if known == "timeout":
            failure.outcome, failure.status_code = "timeout", 408
        return failure


def _server_of(session: object) -> str | None:
    """The name of the server that a session is connected to, where the SDK keeps it."""
    found = get_path(session, "_initialize_result", "server_info", "name")
    return str_or_none(found or get_path(session, "_discover_server_info", "name"))
