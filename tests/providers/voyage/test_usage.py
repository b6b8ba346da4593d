"""What every answer of Voyage AI says beside its vectors or documents."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Response, Usage
from hilt.providers.voyage.usage import response_fields


@pytest.mark.parametrize(
    ("usage", "response"),
    [
        ({"total_tokens": 5, "text_tokens": 3},
         Response(model="m", usage=Usage(input_tokens=5, total_tokens=5),
                  raw_usage={"total_tokens": 5, "text_tokens": 3})),
        ({"total_tokens": "5"}, Response(model="m", usage=Usage(), raw_usage={"total_tokens": "5"})),
        (None, Response(model="m")),
    ],
)  # fmt: skip
def test_fields(usage: Any, response: Response) -> None:
    """The model, and the tokens, which are kept as they were sent."""
    assert response_fields({"model": "m", "usage": usage}) == response
