"""An LLM provider on this machine: scripted answers and faults, over real HTTP.

Nothing beyond the standard library and msgspec is needed; the SDKs are your own.
"""

from hilt.testing.provider.answers import Answer, Asked, Tokens, ToolCall
from hilt.testing.provider.environment import stand_in
from hilt.testing.provider.faults import Fault
from hilt.testing.provider.provider import Provider, SeenRequest
from hilt.testing.provider.replay import Recording

__all__ = [
    "Answer",
    "Asked",
    "Fault",
    "Provider",
    "Recording",
    "SeenRequest",
    "Tokens",
    "ToolCall",
    "stand_in",
]
