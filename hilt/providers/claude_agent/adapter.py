"""Claude's agent SDK: it runs Claude Code in a process of its own, which calls the model.

What that process sends and receives is a line of JSON for each message. Each answer of the model
is a call; the process counts tokens for a whole turn, so the last answer of a turn has them.
"""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers.claude_agent.hooks import CLOSE, MESSAGES, WRITE

__all__ = ["ClaudeAgent"]

_QUERY = "claude_agent_sdk._internal.query"
_TRANSPORT = "claude_agent_sdk._internal.transport.subprocess_cli"


class ClaudeAgent:
    """The ``claude-agent-sdk`` package: `query()` and `ClaudeSDKClient`."""

    name = "claude_agent"
    targets: tuple[Target, ...] = (
        Target(_QUERY, "Query.receive_messages", MESSAGES),
        Target(_QUERY, "Query.close", CLOSE),
        Target(_TRANSPORT, "SubprocessCLITransport.write", WRITE),
    )
    surfaces: Mapping[str, str] = {"messages": "query, ClaudeSDKClient.query"}

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """What an agent's turn has made ready."""
        return call.args[0], call.args[1]

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)
