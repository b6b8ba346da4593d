"""An LLM provider on this machine: scripted answers and faults over HTTP, for any SDK."""

from hilt.testing.provider.answers import Answer, Asked, ParsedRequest, Tokens, ToolCall
from hilt.testing.provider.environment import stand_in
from hilt.testing.provider.faults import Fault
from hilt.testing.provider.provider import Provider, ReceivedRequest, SeenRequest
from hilt.testing.provider.replay import Recording
from hilt.testing.provider.replaying import replaying

__all__ = [
    "Answer",
    "Asked",
    "Fault",
    "ParsedRequest",
    "Provider",
    "ReceivedRequest",
    "Recording",
    "SeenRequest",
    "Tokens",
    "ToolCall",
    "replaying",
    "stand_in",
]
