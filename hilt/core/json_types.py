"""Types for JSON that is passed on as it came."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["JsonArray", "JsonObject"]

JsonObject: TypeAlias = dict[str, Any]
"""A JSON object whose members each reader knows; nothing can be said of them in general."""

JsonArray: TypeAlias = list[Any]
"""A JSON array, in the same way."""
