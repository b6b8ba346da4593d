"""Binary content in the events of calls: whatever its shape, only what it was is written."""

from __future__ import annotations

import hashlib

import msgspec

from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import encode_events

URL = "data:image/png;base64,cGljdHVyZQ=="
DIGEST = hashlib.sha256(b"picture").hexdigest()
PICTURE = {
    "type": "blob", "mime_type": "image/png", "modality": "image", "size": 7, "sha256": DIGEST,
}  # fmt: skip
DESCRIBED = f"[blob image/png, 7 bytes, sha256 {DIGEST}]"


def test_binary_content_that_no_adapter_knows_is_a_blob_in_every_event() -> None:
    """In texts, unknown parts, results and arguments of tools, choices and documents."""
    request = Request(
        "chat", "openai", "gpt-4o-mini",
        [
            {"role": "user", "parts": [{"type": "text", "content": f"see {URL}"},
                                       {"type": "picture", "source": {"url": URL}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "1",
                                        "response": [{"image": URL}]}]},
        ],
        documents=[{"page": URL}],
    )  # fmt: skip
    call = Observation(request, 1_700_000_000_000_000_000)
    builder = EventBuilder()
    first = builder.begin(call)
    call.ended = call.started + 5
    parts = [
        {"type": "text", "content": f"made {URL}"},
        {"type": "drawing", "data": URL, "mime_type": "image/png"},
        {"type": "tool_call", "id": "2", "name": "draw", "arguments": {"picture": URL}},
    ]
    call.response = Response(messages=[{"role": "assistant", "parts": parts}] * 2)
    lines = encode_events([*first, *builder.end(call)])
    result, prompt, ending, *tool_calls = map(msgspec.json.decode, lines.splitlines())

    assert b"cGljdHVyZQ" not in lines
    assert result["content"]["tool"]["result"] == [{"image": PICTURE}]
    assert prompt["content"]["text"] == f"see {DESCRIBED}"
    assert prompt["content"]["messages"][0]["parts"][1] == {
        "type": "picture", "source": {"url": PICTURE},
    }  # fmt: skip
    assert prompt["content"]["documents"] == [{"page": PICTURE}]
    assert ending["content"]["text"] == f"made {DESCRIBED}"
    assert ending["content"]["images"] == [PICTURE]
    assert ending["content"]["choices"][0]["parts"][1] == PICTURE
    assert [each["content"]["tool"]["arguments"] for each in tool_calls] == [
        {"picture": PICTURE}, {"picture": PICTURE},
    ]  # fmt: skip
