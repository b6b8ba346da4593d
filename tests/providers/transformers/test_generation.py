"""What is made of token numbers: texts, counts and finish reasons."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.providers._message_parts import text_message
from hilt.providers.transformers.generation import Generation, Written
from hilt.providers.transformers.messages import answer_reader, message_of
from hilt.providers.transformers.settings import Settings

END, PAD = 2, 1


def written(
    *sequences: list[int], limit: int = 9, padding: int | None = PAD, stop: str = ""
) -> Any:
    """What was written after a prompt of three tokens."""

    def read(tokens: list[int]) -> dict[str, Any]:
        text = "".join(chr(each) for each in tokens if each > END)
        return text_message("assistant", text)

    stop_strings = [stop] if stop else []
    return Written(list(sequences), 3, frozenset({END}), padding, limit, stop_strings, read)


def chars(text: str) -> list[int]:
    """A text as tokens."""
    return [ord(each) for each in text]


@pytest.mark.parametrize(
    ("body", "count", "reason"),
    [
        (written([*chars("Blue"), END]), 5, "stop"),
        (written([*chars("Blue"), END, PAD, PAD]), 5, "stop"),  # in a batch with a longer one
        (written([*chars("Blue"), END, END, END], padding=END), 5, "stop"),
        (written(chars("Blue"), limit=4), 4, "length"),
        (written(chars("Blue"), limit=5), 4, "stop"),  # by a criterion of the program's own
        (written([*chars("Blue"), PAD], limit=5), 4, "stop"),
        (written(chars("Blue."), stop=".", limit=5), 5, "stop"),
        (written([*chars("Blue."), PAD, PAD], stop="."), 5, "stop"),
        (written([*chars("Blue."), END, END], stop=".", padding=END), 5, "stop"),
        (written(chars("Blue"), stop=".", limit=4), 4, "length"),
        (written([END]), 1, "stop"),
        (written([]), 0, "stop"),
        (written(chars("Blue"), padding=None, limit=4), 4, "length"),
    ],
)
def test_end(body: Any, count: int, reason: str) -> None:
    """What fills up an answer is not counted; what ends it is."""
    response = Generation().response(body)

    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, count)
    assert response.finish_reasons == [reason]


def test_nothing_was_written() -> None:
    """An answer that could not be read has no counts."""
    assert Generation().response(None).usage is None


def pipeline(**fields: Any) -> Any:
    """A pipeline with these fields."""
    model = SimpleNamespace(generation_config=SimpleNamespace(max_length=20, eos_token_id=END))
    return SimpleNamespace(**{"model": model, **fields})


@pytest.mark.parametrize(
    ("owner", "given", "limit"),
    [
        (pipeline(), {"max_new_tokens": 7}, 7),
        (pipeline(), {"max_length": 12}, 9),
        (pipeline(), {}, 17),
        (pipeline(_generate_kwargs={"max_new_tokens": 8}), {}, 8),
        (pipeline(_generate_kwargs={"max_new_tokens": 8}), {"max_new_tokens": 7}, 7),
        (pipeline(generation_config=SimpleNamespace(max_new_tokens=256, max_length=20)), {}, 256),
        (
            pipeline(_generate_kwargs={"max_new_tokens": 8}),
            {"generation_config": SimpleNamespace(max_new_tokens=6)},
            6,
        ),
        (
            pipeline(model=SimpleNamespace(), _generation_defaults={"max_new_tokens": 256}),
            {},
            256,
        ),
        (
            pipeline(model=SimpleNamespace(), _generation_defaults={"max_new_tokens": 256}),
            {"max_length": 100},
            97,
        ),
        (pipeline(model=SimpleNamespace()), {}, 17),
    ],
)
def test_limit(owner: Any, given: dict[str, Any], limit: int) -> None:
    """The call has the first say, then the pipeline, then the model, then what all pipelines do."""
    assert Settings(owner, given).limit(3) == limit


def test_attributes() -> None:
    """Sampling has no parameters where the most likely token is taken."""
    given = {"temperature": 0.5, "top_p": 0.9, "top_k": 40, "max_new_tokens": 7}

    assert Settings(pipeline(), given).attributes() == {"gen_ai.request.max_tokens": 7}
    assert Settings(pipeline(), {**given, "do_sample": True}).attributes() == {
        "gen_ai.request.max_tokens": 7,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.9,
        "gen_ai.request.top_k": 40,
    }


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (
            {"type": "image", "url": "https://example.com/a.png"},
            {"type": "uri", "modality": "image", "uri": "https://example.com/a.png"},
        ),
        ({"type": "audio", "path": "a.wav"}, {"type": "uri", "modality": "audio", "uri": "a.wav"}),
        ({"type": "image", "image": object()}, {"type": "blob", "modality": "image"}),
        ({"type": "video"}, {"type": "blob", "modality": "video"}),
    ],
)
def test_media(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """Pictures and the like are named; objects of other libraries are not read."""
    message = message_of({"role": "user", "content": [part, {"type": "text", "text": "What?"}]})

    assert message["parts"] == [expected, {"type": "text", "content": "What?"}]


def test_pictures_in_base64() -> None:
    """A picture's data has its hash in the log."""
    message = message_of({"role": "user", "content": [{"type": "image", "base64": "aGVsbG8="}]})

    assert message["parts"][0]["size"] == 5


def test_releases_that_cut_the_prompt_off() -> None:
    """Up to 5.0, pipelines keep the space with which some tokenizers begin what they decode."""

    def decode(tokens: list[int], **_: Any) -> str:
        return " ".join(map(str, tokens))

    tokenizer = SimpleNamespace(decode=decode)
    old = SimpleNamespace(tokenizer=tokenizer, _postprocess_params={})
    new = SimpleNamespace(tokenizer=tokenizer, _postprocess_params={}, _generation_defaults={})

    assert answer_reader(old, "1 2", [1, 2])([3]) == text_message("assistant", " 3")
    assert answer_reader(new, "1 2", [1, 2])([3]) == text_message("assistant", "3")
