"""Types for JSON that is passed on unchanged."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["JsonArray", "JsonObject"]

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object; the types of its members depend on where it comes from."""

JsonArray: TypeAlias = list[Any]
"""A JSON array."""
