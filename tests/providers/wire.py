"""The wire fixtures, binary content for tests, and what a surface makes of a stream."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from hilt.genai.fold import Fold
from hilt.genai.values import Response, Surface

__all__ = ["PIXELS", "PIXELS_BASE64", "PIXELS_DIGEST", "folded", "wire"]

PIXELS = b"pixels"
PIXELS_BASE64 = base64.b64encode(PIXELS).decode()
PIXELS_DIGEST = {"size": len(PIXELS), "sha256": hashlib.sha256(PIXELS).hexdigest()}
"""What a log has of binary content."""

FOLDER = Path(__file__).resolve().parents[1] / "wire"


def wire(name: str) -> Any:
    """The JSON of a fixture, ``provider/name``."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def folded(surface: Surface, chunks: list[Any]) -> Response:
    """The answer that chunks add up to, as the engine folds them."""
    fold = Fold()
    for chunk in chunks:
        text = surface.text(chunk)
        if text is not None:
            fold.text.append(text)
        elif (delta := surface.delta(chunk)) is not None:
            fold.add(delta)
    return fold.result()
