"""How much a text is out of order: characters of all sorts at random, as nobody writes them."""

from __future__ import annotations

import re

from hilt.privacy.number_forms import outline_of

__all__ = ["SAMPLE", "disorder"]

SAMPLE = 512
"""How many characters show how much a part of a text is out of order."""

_THREE = re.compile(b"...", re.DOTALL)
_NUMBER = re.compile(rb"0(?<![0Aa]0)(?=(.{10}))", re.DOTALL)
_THREES, _NUMBERS = (80, 95), (75, 100)
"""Up to so many that differ are in a sample of a text, and from so many on it is a jumble.

Programs, JSON, documents and tables have 20 to 65 threes, and up to 30 numbers. With 65 to 100
numbers, drawings in SVG come nearest of all that was looked at.
"""


def disorder(sample: bytes) -> float:
    """From 0, as in a text, to 1, where hardly anything looks like anything else.

    `re` takes several times longer for a jumble than for a text, since the processor cannot guess
    how each comparison ends.

    Args:
        sample: A part of a text, as `hilt.privacy.number_forms.normalized` makes it.
    """
    outline = outline_of(sample)
    shares = (
        (len(set(pattern.findall(outline))) - least) / (most - least)
        for pattern, (least, most) in ((_THREE, _THREES), (_NUMBER, _NUMBERS))
    )
    return min(max(0.0, *shares), 1.0)
