"""What only the real ``transformers`` has: pictures, workers, LangChain above it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from tests.conftest import Log
from tests.providers.transformers import tiny

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of everything; HILT itself raises nothing."""
    log = Log()
    hilt.instrument(session=log.session)
    yield log
    hilt.uninstrument()
    assert log.internal_errors == 0


def texts(log: Log, action: str = "completion") -> list[Any]:
    """The texts of events."""
    return [each.to_dict()["content"]["text"] for each in log.of(action)]


def picture() -> Any:
    """A black one."""
    return pytest.importorskip("PIL.Image").new("RGB", (28, 28))


def chat(text: str) -> list[dict[str, Any]]:
    """A chat about a picture."""
    parts = [{"type": "image", "image": picture()}, {"type": "text", "text": text}]
    return [{"role": "user", "content": parts}]


@pytest.fixture(scope="module")
def seeing() -> Any:
    """A pipeline that is given pictures, too."""
    picture()
    return tiny.seeing_pipeline()


def test_chat_about_a_picture(seeing, log):
    """A picture of another library has its place in the chat, and is not read."""
    returned = seeing(text=chat("What is it?"), max_new_tokens=4, return_full_text=False)

    assert log.one("prompt")["content"]["media"] == [{"type": "blob", "modality": "image"}]
    assert texts(log, "prompt") == ["What is it?"]
    assert texts(log) == [returned[0]["generated_text"]]
    assert log.ending["metrics"]["tokens"]["completion"] == 4
    assert log.one("prompt")["provenance"]["request_model"] == "tiny/llava"


def test_texts_about_pictures(seeing, log):
    """Texts that are given together are calls of their own."""
    prompts = ["<image> What?", "<image> Why"]
    options = {"max_new_tokens": 4, "return_full_text": False}
    returned = seeing(images=[picture(), picture()], text=prompts, **options)

    assert texts(log, "prompt") == prompts
    assert texts(log) == [each["generated_text"] for each in returned]
    assert [each.extensions["batch_size"] for each in log.endings] == [2, 2]


def test_several_answers_about_a_text(seeing, log):
    """Several answers are choices of one call."""
    settings = {"num_return_sequences": 2, "do_sample": True, "min_new_tokens": 4}
    returned = seeing(
        text="Hello", max_new_tokens=4, generate_kwargs=settings, return_full_text=False
    )

    assert log.ending["content"]["text"] == returned[0]["generated_text"]
    assert len(log.ending["content"]["choices"]) == 1
    assert log.ending["metrics"]["tokens"]["completion"] == 8


def test_workers(log):
    """Prompts that other processes have made ready."""
    prompts = ["Hello", "The sky is blue", "Hi"]
    returned = tiny.pipeline()(prompts, num_workers=2, batch_size=2, return_full_text=False)

    assert texts(log, "prompt") == prompts
    assert texts(log) == [each[0]["generated_text"] for each in returned]


def test_beams(log):
    """The answer is that of the best beam, without what fills it up."""
    options = {"num_beams": 3, "num_return_sequences": 2, "return_full_text": False}
    returned = tiny.pipeline()("Hello", **options)

    assert texts(log) == [returned[0]["generated_text"]]
    assert log.ending["metrics"]["tokens"]["completion"] == 10


def test_scores(log):
    """What else ``generate`` is asked to return changes nothing."""
    options = {"return_dict_in_generate": True, "output_scores": True, "return_full_text": False}
    returned = tiny.pipeline()("Hello", **options)

    assert texts(log) == [returned[0]["generated_text"]]


def test_generation_config(log):
    """A configuration of the program's own has the say."""
    from transformers import GenerationConfig

    config = GenerationConfig(max_new_tokens=2, do_sample=True, temperature=0.5)
    tiny.pipeline()("Hello", generation_config=config)

    parameters = log.one("prompt")["extensions"]["parameters"]
    assert parameters["max_tokens"] == 2
    assert parameters["temperature"] == 0.5
    assert log.ending["extensions"]["finish_reason"] == "length"


@pytest.mark.parametrize("is_handled", [False, True])
def test_langchain(log, is_handled):
    """LangChain's calls are logged once, with and without HILT's handler."""
    module = pytest.importorskip("langchain_huggingface")
    from hilt.integrations.langchain import HILTCallbackHandler

    model = module.HuggingFacePipeline(pipeline=tiny.pipeline(return_full_text=False))
    config = {"callbacks": [HILTCallbackHandler(log.session)]} if is_handled else {}
    answers = model.batch(["Hello", "Hi"], config=config)
    pieces = list(model.stream("there", config=config))

    assert sorted(log.actions) == ["completion"] * 3 + ["prompt"] * 3
    assert texts(log) == [*answers, "".join(pieces)]
    assert all(each.to_dict()["metrics"]["tokens"]["completion"] == 5 for each in log.endings)
