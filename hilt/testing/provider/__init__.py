"""An LLM provider on this machine: scripted answers and faults, over real HTTP.

Nothing beyond the standard library and msgspec is needed; the SDKs are your own.
"""

from hilt.testing.provider.answers import Answer, Asked, Tokens, ToolCall
from hilt.testing.provider.faults import Fault
from hilt.testing.provider.provider import Provider, SeenRequest

__all__ = ["Answer", "Asked", "Fault", "Provider", "SeenRequest", "Tokens", "ToolCall"]
