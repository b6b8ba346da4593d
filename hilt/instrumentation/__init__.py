"""Calls to spans: the engine, and an instrumentor for each provider."""

from hilt._context import get_context

__all__ = ["get_context"]
