"""Logging by hand, and bridges to frameworks, with the same events as the automatic path."""

from hilt.integrations.responses import log_response

__all__ = ["log_response"]
