"""OpenAI's images and audio: forms, answers, and the events of their streams."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import BinaryPiece, Delta, Request, Response, Usage
from hilt.providers._http import HttpRequest
from hilt.providers._media import (
    Images,
    Speech,
    Transcriptions,
    form_contents,
    images_request,
    speech_request,
    transcription_request,
)
from tests.providers.wire import PIXELS, PIXELS_BASE64, PIXELS_DIGEST, folded

IMAGE = {"type": "blob", "mime_type": "image/png", "modality": "image", **PIXELS_DIGEST}

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
"""The SHA-256 of nothing."""


def text(content: str) -> dict[str, Any]:
    """A text part."""
    return {"type": "text", "content": content}


class Unreadable(io.BytesIO):
    """A file of the caller's."""

    name = "/home/ada/speech.mp3"

    def read(self, size: int | None = -1, /) -> bytes:
        """Fails the test."""
        raise AssertionError("the file is the caller's to read")


# -- requests ---------------------------------------------------------------------------------


def test_image_request() -> None:
    """A prompt, and how many images of it."""
    body = {"model": "gpt-image-1", "prompt": "A cat", "n": 2, "user": "alice"}

    assert images_request(HttpRequest("post", "/images/generations", body)) == Request(
        "generate_content",
        "",
        model="gpt-image-1",
        messages=[{"role": "user", "parts": [text("A cat")]}],
        attributes={"gen_ai.output.type": "image", "gen_ai.request.choice.count": 2},
        user="alice",
    )


def test_speech_request() -> None:
    """The text to be spoken, and how."""
    body = {"model": "tts", "input": "Hello", "instructions": "Whisper."}

    assert speech_request(HttpRequest("post", "/audio/speech", body)) == Request(
        "generate_content",
        "",
        model="tts",
        messages=[{"role": "user", "parts": [text("Hello")]}],
        instructions=[text("Whisper.")],
        attributes={"gen_ai.output.type": "speech"},
    )


@pytest.mark.parametrize(
    ("file", "part"),
    [
        (PIXELS, {"type": "blob", "modality": "image", **PIXELS_DIGEST}),
        (("a.png", PIXELS), {"type": "blob", "modality": "image", **PIXELS_DIGEST,
                             "filename": "a.png"}),
        (("a.png", PIXELS, "image/png"), {**IMAGE, "filename": "a.png"}),
        (("a.txt", "pixels"), {"type": "blob", "modality": "image", **PIXELS_DIGEST,
                               "filename": "a.txt"}),
        (Unreadable(), {"type": "file", "modality": "image", "filename": "/home/ada/speech.mp3"}),
        (("b.mp3", Unreadable()), {"type": "file", "modality": "image", "filename": "b.mp3"}),
        (object(), {"type": "file", "modality": "image"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", [dict, list])
def test_file_of_a_form(form: Any, file: Any, part: dict[str, Any]) -> None:
    """What is in memory is hashed; a file that is open is named and never read."""
    files = {"image": file} if form is dict else [("image", file)]
    request = images_request(HttpRequest("post", "/images/edits", {}, files=files))

    assert request.messages == [{"role": "user", "parts": [part]}]


@pytest.mark.parametrize("files", [None, "file", [b"pixels"], [("image",)]])
def test_form_of_another_shape(files: Any) -> None:
    """What is no form has no files."""
    request = transcription_request(HttpRequest("post", "/audio/x", {}, files=files))

    assert request.messages == [{"role": "user", "parts": []}]


@pytest.mark.parametrize(
    ("file", "part"),
    [
        (bytearray(PIXELS), {"type": "blob", "modality": "audio", **PIXELS_DIGEST}),
        ((None, PIXELS, None), {"type": "blob", "modality": "audio", **PIXELS_DIGEST}),
        (("a.mp3", PIXELS, "audio/mp3", {}), {"type": "blob", "mime_type": "audio/mp3",
                                              "modality": "audio", **PIXELS_DIGEST,
                                              "filename": "a.mp3"}),
        ((None, Unreadable()), {"type": "file", "modality": "audio",
                                "filename": "/home/ada/speech.mp3"}),
        (SimpleNamespace(name=7), {"type": "file", "modality": "audio"}),
    ],
)  # fmt: skip
def test_recording_in_a_form(file: Any, part: dict[str, Any]) -> None:
    """Beside the prompt, which comes first, and the user."""
    body = {"model": "whisper", "prompt": "Names: Ada", "user": "alice", "n": 1}
    sent = HttpRequest("post", "/audio/transcriptions", body, files={"file": file})

    assert transcription_request(sent) == Request(
        "generate_content",
        "",
        model="whisper",
        messages=[{"role": "user", "parts": [text("Names: Ada"), part]}],
        attributes={"gen_ai.output.type": "text"},
        user="alice",
    )


def test_text_of_a_form_may_be_half_a_character() -> None:
    """It is counted as it is."""
    sent = HttpRequest("post", "/x", {}, files={"file": ("a", "\ud800")})
    (part,) = transcription_request(sent).messages[0]["parts"]

    assert part["size"] == 3


def test_contents_of_a_form() -> None:
    """Those of the files with a name that are in memory."""
    files = [("file", PIXELS), ("file", ("a", b"a", "text/plain")), ("other", b"b"),
             ("file", ("b", "text")), ("file", Unreadable()), ("file", ("c",))]  # fmt: skip

    assert list(form_contents(files, "file")) == [PIXELS, b"a"]
    assert list(form_contents({"file": b"a"}, "file")) == [b"a"]
    assert list(form_contents(None, "file")) == []


@pytest.mark.parametrize("instructions", ["", None, 5])
def test_speech_without_instructions(instructions: Any) -> None:
    """Nor is an input that is no text one."""
    body = {"input": ["Hello"], "instructions": instructions}
    request = speech_request(HttpRequest("post", "/audio/speech", body))

    assert request.instructions is None
    assert request.messages == [{"role": "user", "parts": []}]


# -- images -----------------------------------------------------------------------------------


def test_images() -> None:
    """Images in base64 are blobs of the format that was asked for; others have a URL."""
    rows = [
        {"b64_json": PIXELS_BASE64, "revised_prompt": "A black cat"},
        {"url": "https://x/a.webp"},
        {},
    ]
    body = {"output_format": "webp", "data": rows, "usage": {"input_tokens": 5}}

    assert Images().response(body) == Response(
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "revised_prompt", "content": "A black cat"},
                    {**IMAGE, "mime_type": "image/webp"},
                    {"type": "uri", "modality": "image", "uri": "https://x/a.webp",
                     "mime_type": "image/webp"},
                ],
            }
        ],
        usage=Usage(input_tokens=5),
        raw_usage={"input_tokens": 5},
    )  # fmt: skip


def test_image_of_lines() -> None:
    """An SVG has a type of its own, and the tokens of the model that writes it are counted apart."""
    svg = {"model": "gpt-5", "input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    body = {"output_format": "svg", "data": [{"b64_json": PIXELS_BASE64}],
            "usage": {"input_tokens": 5}, "svg_usage": svg}  # fmt: skip
    found = Images().response(body)

    assert found.messages[0]["parts"] == [{**IMAGE, "mime_type": "image/svg+xml"}]
    assert found.usage == Usage(input_tokens=5, by_model={"gpt-5": Usage(3, 4, 7)})


def test_answer_without_images() -> None:
    """It has no message."""
    assert Images().response({"data": []}) == Response()
    assert Images().response({"data": [{}, {"b64_json": ""}]}) == Response()
    assert Images().response({"id": "i1", "model": "m"}) == Response(id="i1", model="m")


def test_image_that_is_there_twice() -> None:
    """By its content, and not by its address too."""
    row = {"b64_json": PIXELS_BASE64, "url": "https://x/a.png"}

    assert Images().response({"data": [row]}).messages == [{"role": "assistant", "parts": [IMAGE]}]


def test_format_of_a_streamed_image() -> None:
    """As the event says, in any kind of stream."""
    done = {"type": "image_edit.completed", "b64_json": PIXELS_BASE64, "output_format": "jpeg"}
    delta = Images().delta(done)

    assert delta is not None
    assert delta.parts == [{**IMAGE, "mime_type": "image/jpeg"}]
    assert Images().delta({"type": None}) is None


def test_stream_of_images() -> None:
    """Partial images are passed over; the last event has the image and its cost."""
    last = {"type": "image_generation.completed", "b64_json": PIXELS_BASE64,
            "usage": {"input_tokens": 5}}  # fmt: skip

    assert Images().delta({"type": "image_generation.partial_image", "b64_json": "eA=="}) is None
    assert Images().delta(last) == Delta(
        parts=[IMAGE],
        finish_reasons={0: "completed"},
        response=Response(usage=Usage(input_tokens=5), raw_usage={"input_tokens": 5}),
    )


# -- audio ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content"),
    [({"text": "Hello"}, "Hello"), ("1\n00:00 --> 00:01\nHello", "1\n00:00 --> 00:01\nHello"),
     (42, "42"), (4.5, "4.5"), ({}, ""), ({"text": None}, ""), ({"text": {"a": 1}}, '{"a":1}')],
)  # fmt: skip
def test_transcription(body: Any, content: str) -> None:
    """The text, or the subtitles, whatever the SDK took them for."""
    assert Transcriptions().response(body) == Response(
        messages=[{"role": "assistant", "parts": [text(content)]}]
    )


def test_tokens_of_audio() -> None:
    """Audio is part of the input; what is paid by the second has seconds and no tokens."""
    usage = {"type": "tokens", "input_tokens": 14, "output_tokens": 5,
             "input_token_details": {"audio_tokens": 13}}  # fmt: skip
    tokens = Transcriptions().response({"text": "Hi", "usage": usage})
    seconds = Transcriptions().response({"text": "Hi", "usage": {"type": "duration", "seconds": 3}})

    assert tokens.usage == Usage(input_tokens=14, output_tokens=5, input_audio_tokens=13)
    assert seconds.usage == Usage(units={"input_audio_seconds": 3})
    assert seconds.raw_usage == {"type": "duration", "seconds": 3}
    for usage, found in (
        ({"type": "duration"}, None),
        ({"type": "duration", "seconds": 0}, Usage(units={"input_audio_seconds": 0})),
        ({"type": "duration", "seconds": 1.5}, Usage(units={"input_audio_seconds": 1.5})),
        ({"input_tokens": 1, "input_token_details": {"audio_tokens": "1"}}, Usage(1)),
        ({"input_tokens": 1, "input_tokens_details": {"audio_tokens": 1}},
         Usage(1, input_audio_tokens=1)),
        ({}, None),
    ):  # fmt: skip
        assert Transcriptions().response({"text": "Hi", "usage": usage}).usage == found


def test_stream_of_a_transcription() -> None:
    """Pieces of text, and the counts at the end."""
    surface = Transcriptions()
    piece = SimpleNamespace(type="transcript.text.delta", delta="Hel")

    assert surface.text(piece) == "Hel"
    assert surface.text(SimpleNamespace(type="transcript.text.done", delta="Hel")) is None
    assert surface.text({"type": "transcript.text.delta", "delta": "Hel"}) is None
    assert surface.delta({"type": "transcript.text.delta", "delta": "Hel"}) == Delta(text="Hel")
    assert surface.delta({"type": "transcript.text.done"}) == Delta(
        finish_reasons={0: "completed"}, response=Response()
    )
    assert surface.delta({"type": "other"}) is None
    assert surface.text(SimpleNamespace(type="transcript.text.delta", delta=5)) is None
    assert surface.text(SimpleNamespace(delta="Hel")) is None
    done = {"type": "transcript.text.done", "usage": {"input_tokens": 3}, "text": "Hello"}
    assert surface.delta(done) == Delta(
        finish_reasons={0: "completed"},
        response=Response(
            messages=[{"role": "assistant", "parts": [text("Hello")]}],
            finish_reasons=["completed"],
            usage=Usage(3),
            raw_usage={"input_tokens": 3},
        ),
        whole=True,
    )


PIECES = [{"type": "transcript.text.delta", "delta": each} for each in ("Hello", " Ada")]
SEGMENTS = [
    {"type": "transcript.text.segment", "id": "s1", "start": 0.0, "end": 1.0, "speaker": "A",
     "text": "Hello"},
    {"type": "transcript.text.segment", "id": "s2", "start": 1.0, "end": 2.0, "text": " Ada"},
]  # fmt: skip
SEGMENT_PARTS = [
    {"type": "segment", "content": "Hello", "speaker": "A"},
    {"type": "segment", "content": " Ada"},
]
DONE = {"type": "transcript.text.done", "text": "Hello Ada"}


@pytest.mark.parametrize("events", [PIECES, SEGMENTS, PIECES + SEGMENTS, []])
def test_whole_text_of_a_streamed_transcription(events: list[dict[str, Any]]) -> None:
    """It is there once, whatever brought it before its end."""
    answer = folded(Transcriptions(), [*events, DONE])

    assert answer.messages == [{"role": "assistant", "parts": [text("Hello Ada")]}]
    assert answer.finish_reasons == ["completed"]


@pytest.mark.parametrize(
    ("events", "parts"),
    [
        (SEGMENTS, SEGMENT_PARTS),
        ([*PIECES, *SEGMENTS], [text("Hello Ada"), *SEGMENT_PARTS]),
        ([*PIECES, {**DONE, "text": ""}], [text("Hello Ada")]),
        ([*PIECES, {**DONE, "text": None}], [text("Hello Ada")]),
    ],
)
def test_streamed_transcription_that_has_no_whole_text(
    events: list[dict[str, Any]], parts: list[dict[str, Any]]
) -> None:
    """What came by then is kept: segments beside the pieces, which may have the same words."""
    (message,) = folded(Transcriptions(), events).messages

    assert message["parts"] == parts


def test_speech() -> None:
    """The bytes are a blob of the type that the server says."""
    http = SimpleNamespace(headers={"content-type": "audio/mpeg"})
    blob = {"type": "blob", "modality": "audio", **PIXELS_DIGEST}

    assert Speech().response(PIXELS).messages == [{"role": "assistant", "parts": [blob]}]
    assert Speech().response(SimpleNamespace(content=PIXELS, response=http)).messages == [
        {"role": "assistant", "parts": [{"mime_type": "audio/mpeg", **blob}]}
    ]
    assert Speech().response("no bytes") == Response()
    raw = SimpleNamespace(headers={"content-type": "audio/mpeg"}, content=PIXELS)
    assert Speech().response(SimpleNamespace(http_response=raw)).messages == [
        {"role": "assistant", "parts": [{"mime_type": "audio/mpeg", **blob}]}
    ]
    assert Speech().response(SimpleNamespace(content=b"", response=raw)).messages == [
        {"role": "assistant", "parts": [
            {"type": "blob", "mime_type": "audio/mpeg", "modality": "audio", "size": 0,
             "sha256": EMPTY}
        ]}
    ]  # fmt: skip
    assert Speech().delta({"type": "speech.audio.other"}) is None


def test_stream_of_speech() -> None:
    """Pieces of sound are one blob; the last event has the counts."""
    sound = Delta(binary=[BinaryPiece("sound", PIXELS_BASE64)])
    assert Speech().delta({"type": "speech.audio.delta", "audio": PIXELS_BASE64}) == sound
    assert Speech().delta({"type": "speech.audio.done", "usage": {"output_tokens": 3}}) == Delta(
        finish_reasons={0: "completed"},
        response=Response(usage=Usage(output_tokens=3), raw_usage={"output_tokens": 3}),
    )


def test_images_of_an_edit_that_is_sent_as_json() -> None:
    """In a data URL, or stored."""
    url = f"data:image/png;base64,{PIXELS_BASE64}"
    body = {"prompt": "A hat", "images": [{"image_url": url}], "mask": {"file_id": "f1"}}

    (message,) = images_request(HttpRequest("post", "/images/edits", body)).messages

    assert message["parts"] == [
        {"type": "text", "content": "A hat"},
        IMAGE,
        {"type": "file", "modality": "image", "file_id": "f1"},
    ]


def test_images_and_files_of_an_edit() -> None:
    """What is in the form comes before what is named; what is no image is none."""
    body = {"images": ["odd", {"image_url": "https://x/a.png", "file_id": "f1"}], "mask": None}
    sent = HttpRequest("post", "/images/edits", body, files={"image": PIXELS})

    (message,) = images_request(sent).messages
    assert message["parts"] == [
        {"type": "blob", "modality": "image", **PIXELS_DIGEST},
        {"type": "uri", "modality": "image", "uri": "https://x/a.png"},
    ]
