"""The wire fixtures, and what a surface makes of a stream."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hilt.genai.fold import Fold
from hilt.genai.values import Response, Surface

__all__ = ["folded", "wire"]

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
