"""Pipelines that generate text: each prompt is a call, whoever reads the prompts, and when."""

from __future__ import annotations

import gc
import logging
import pickle
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import hilt
from hilt.core.guard import guard
from hilt.providers.transformers import adapter, generation, hooks, messages, settings
from tests.conftest import Log
from tests.providers.doubles import logged_by_policy

CHAT = [{"role": "user", "content": "Hello"}]


def text_of(answer: Any) -> Any:
    """The text that a pipeline returned for one prompt."""
    return answer[0]["generated_text"]


def texts(log: Log, action: str = "completion") -> list[str]:
    """The texts of events."""
    return [str(content_of(each).get("text")) for each in log.of(action)]


def content_of(event: Any) -> dict[str, Any]:
    """The content of an event."""
    content: dict[str, Any] = event.to_dict().get("content") or {}
    return content


def tokens_of(log: Log) -> list[Any]:
    """The counts of each answer."""
    return [each.to_dict()["metrics"]["tokens"] for each in log.endings]


def test_prompt(make, log):
    """The answer is what was written after the prompt, with counts, and without a cost."""
    returned = make()("Hello there", return_full_text=False)

    prompt, ending = log.one("prompt"), log.ending
    assert log.actions == ["prompt", "completion"]
    assert prompt["content"]["text"] == "Hello there"
    assert prompt["provenance"]["operation"] == "text_completion"
    assert prompt["extensions"] == {"model": "tiny/gpt2", "parameters": {"max_tokens": 5}}
    assert ending["content"]["text"] == text_of(returned)
    assert ending["actor"] == {"type": "agent", "id": "transformers"}
    assert ending["metrics"]["tokens"]["completion"] == 5
    assert ending["extensions"]["outcome"] == ending["extensions"]["finish_reason"] == "length"
    assert ending["extensions"]["cost_unknown"] == (
        "transformers runs on one's own machines: there is no price per token"
    )


def test_full_text(make, log):
    """The prompt that a pipeline puts in front of its answer is no part of it."""
    returned = make()("Hello there")

    assert text_of(returned) == "Hello there" + log.ending["content"]["text"]


@pytest.mark.parametrize("full", [True, False])
def test_chat(make, log, full):
    """A chat has its messages; the next turn belongs to the same conversation."""
    pipeline = make(max_new_tokens=3)
    first = text_of(pipeline(CHAT, return_full_text=full))
    answer = first[-1]["content"] if full else first
    pipeline([*CHAT, {"role": "assistant", "content": answer}, {"role": "user", "content": "Why?"}])

    assert log.actions == ["prompt", "completion"] * 2
    assert texts(log, "prompt") == ["Hello", "Why?"]
    assert texts(log)[0] == answer
    assert log.events[0].provenance["operation"] == "chat"
    assert len({each.session_id for each in log.events}) == 1


def test_prefill(make, log):
    """A chat that ends with a beginning of the answer has it in the prompt."""
    returned = make()([*CHAT, {"role": "assistant", "content": "The"}], return_full_text=False)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == text_of(returned)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_list(make, log, size):
    """Each prompt of a list is a call with its own counts: what fills up the shorter is none."""
    prompts = ["Hi", "The sky is blue", "Hello there"]
    pipeline = make()
    alone = [pipeline(each) for each in prompts]
    counts = tokens_of(log)
    log.clear()
    returned = pipeline(prompts, batch_size=size, return_full_text=False)

    assert len(alone) == len(returned) == 3
    assert texts(log, "prompt") == prompts
    assert texts(log) == [text_of(each) for each in returned]
    assert tokens_of(log) == counts
    batches = [each.extensions.get("batch_size") for each in log.endings]
    assert batches == {1: [None] * 3, 2: [2, 2, None], 3: [3] * 3}[size]
    first, second, *_ = (each.extensions["latency_ms"] for each in log.endings)
    assert (first == second) is (size > 1)
    assert len({each.session_id for each in log.events}) == 3


def test_chats(make, log):
    """Each chat of a list is a call."""
    make()([CHAT, [{"role": "user", "content": "Bye"}]], batch_size=2)

    assert texts(log, "prompt") == ["Hello", "Bye"]
    assert [each.provenance["operation"] for each in log.endings] == ["chat"] * 2


def test_iterator(make, log):
    """A pipeline reads an iterator as its answers are read, and HILT never does."""
    read: list[str] = []

    def prompts() -> Iterator[str]:
        for each in ("Hello", "there", "again"):
            read.append(each)
            yield each

    answers = iter(make()(prompts(), return_full_text=False))
    assert log.events == []
    first = text_of(next(answers))

    assert texts(log, "prompt") == read[:1] == ["Hello"]
    assert texts(log) == [first]
    del answers
    gc.collect()
    assert log.actions == ["prompt", "completion"]


def test_dataset(make, log, library):
    """A data set, of which several are answered together and not all are fetched."""
    if library == "double":
        pytest.skip("the double has no data sets")
    pipelines = import_module("transformers.pipelines.pt_utils")
    rows = [{"text": each} for each in ("Hello", "there", "again")]
    answers = iter(make()(pipelines.KeyDataset(rows, "text"), batch_size=2))
    next(answers)

    assert texts(log, "prompt") == ["Hello", "there"]
    assert len(log.endings) == 2


def test_several_sequences(make, log):
    """Several answers to one prompt are its choices, and their tokens add up."""
    options = {
        "num_return_sequences": 2,
        "do_sample": True,
        "temperature": 0.9,
        "min_new_tokens": 5,
    }
    returned = make()("Hi", return_full_text=False, **options)

    ending = log.ending
    assert ending["content"]["text"] == returned[0]["generated_text"]
    (other,) = ending["content"]["choices"]
    assert other["parts"][0]["content"] == returned[1]["generated_text"]
    assert ending["metrics"]["tokens"]["completion"] == 10
    assert ending["extensions"]["finish_reasons"] == ["length", "length"]
    parameters = log.one("prompt")["extensions"]["parameters"]
    assert parameters["temperature"] == 0.9
    assert parameters["choice.count"] == 2


def test_several_sequences_of_a_batch(make, log):
    """The answers of each prompt are its own."""
    options = {"num_return_sequences": 2, "do_sample": True, "min_new_tokens": 5}
    returned = make()(["Hi", "Hello there"], batch_size=2, return_full_text=False, **options)

    assert texts(log) == [text_of(each) for each in returned]
    assert [each["completion"] for each in tokens_of(log)] == [10, 10]


def test_end_token(make, log):
    """The token that ends an answer is counted, and is why it ended."""
    pipeline = make()
    (first,) = pipeline("Hello there", return_tensors=True, max_new_tokens=1)
    log.clear()
    pipeline("Hello there", eos_token_id=first["generated_token_ids"][-1])

    assert log.ending["extensions"]["finish_reason"] == "stop"
    assert log.ending["extensions"]["outcome"] == "completed"
    assert log.ending["metrics"]["tokens"]["completion"] == 1


def is_old(library: str) -> bool:
    """Whether it is a release before 5.0."""
    return library == "real" and import_module("transformers").__version__.startswith("4.")


def test_stop_sequence(make, log, library):
    """A text that ends an answer is why it ended, though it is as long as it may be."""
    if is_old(library):
        pytest.skip("it takes the first token of the text")
    pipeline = make()
    stop = text_of(pipeline("Hi", return_full_text=False, max_new_tokens=2))
    log.clear()
    (answer,) = pipeline("Hi", stop_sequence=stop, max_new_tokens=2, return_tensors=True)

    assert log.ending["extensions"]["finish_reason"] == "stop"
    assert log.ending["metrics"]["tokens"]["total"] == len(answer["generated_token_ids"])
    assert log.one("prompt")["extensions"]["parameters"]["stop_sequences"] == [stop]


def test_tensors(make, log):
    """A program that asks for token numbers has the text in its log."""
    make()("Hello there", return_tensors=True)

    assert log.ending["content"]["text"]


def test_empty_prompt(make, log):
    """An empty prompt has no tokens; the one that the model begins with is not counted."""
    make()("", return_full_text=False)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["metrics"]["tokens"]["completion"] == 5


def test_error(make, log, monkeypatch):
    """What the model raises ends each call of its batch, and reaches the program."""
    pipeline = make()

    def generate(*_: Any, **__: Any) -> Any:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(pipeline.model, "generate", generate)
    with pytest.raises(RuntimeError, match="out of memory"):
        pipeline(["Hello", "Bye"], batch_size=2)

    assert log.actions == ["prompt", "prompt", "system", "system"]
    assert {each.extensions["outcome"] for each in log.endings} == {"failed"}
    assert texts(log, "system") == ["out of memory"] * 2


def test_special_tokens_are_no_keys(make, log, monkeypatch):
    """A tokenizer's special tokens are in the log as they stand in prompts and errors."""
    special = "<|reserved_special_token_0|>"
    pipeline = make()
    pipeline.tokenizer.api_key = pipeline.api_key = pipeline.tokenizer.access_token = special

    def generate(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"no {special}")

    pipeline(f"Write {special}")
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.model, "generate", generate)
        with pytest.raises(RuntimeError):
            pipeline("Hello")
    pipeline(f"Write {special}")

    assert texts(log, "prompt") == [f"Write {special}", "Hello", f"Write {special}"]
    assert texts(log, "system") == [f"no {special}"]


def test_interrupt(make, log, monkeypatch):
    """A program that is interrupted while the model writes has an ending, too."""
    pipeline = make()

    def generate(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline.model, "generate", generate)
    with pytest.raises(KeyboardInterrupt):
        pipeline("Hello")

    assert log.ending["extensions"]["outcome"] == "cancelled"


def test_error_before_the_model(make, log):
    """What fails before the model is called is no call."""
    with pytest.raises(Exception):  # noqa: B017 # of any kind
        make()(7)

    assert log.events == []


def test_streamer(make, log, library):
    """A streamer's texts are chunks; the first one's time is known."""
    pipeline = make()
    streamers = import_module("transformers")
    streamer = streamers.TextIteratorStreamer(pipeline.tokenizer, skip_prompt=True)
    thread = threading.Thread(target=pipeline, args=("Hello",), kwargs={"streamer": streamer})
    thread.start()
    pieces = list(streamer)

    assert log.actions == ["prompt", "completion"]
    assert texts(log, "completion_chunk") == [each for each in pieces if each]
    assert log.ending["content"]["text"] == "".join(pieces)
    assert log.ending["extensions"]["time_to_first_chunk_ms"] > 0
    assert log.ending["metrics"]["tokens"]["completion"] == 5
    thread.join()
    assert len(log.endings) == 1


def test_own_streamer(make, log, library):
    """A streamer of the program's own, which handles tokens in its own way."""

    class Counting(import_module("transformers").TextStreamer):  # type: ignore[misc]
        """Counts."""

        count = 0

        def put(self, value: Any) -> None:
            """Count."""
            self.count += 1

        def end(self) -> None:
            """Nothing is left."""

    pipeline = make()
    streamer = Counting(pipeline.tokenizer, skip_prompt=True)
    pipeline("Hello", streamer=streamer)

    assert streamer.count == 6
    assert log.ending["metrics"]["tokens"]["completion"] == 5
    assert log.of("completion_chunk") == []


def test_streamer_of_the_prompt(make, log, capsys):
    """A streamer that is shown the prompt, too, has no chunks: nobody knows where it ends."""
    pipeline = make()
    streamer = import_module("transformers").TextStreamer(pipeline.tokenizer)
    pipeline("Hello there", streamer=streamer)

    assert "Hello" in capsys.readouterr().out
    assert log.actions == ["prompt", "completion"]
    assert log.of("completion_chunk") == []


def test_streamer_used_again(make, log, capsys):
    """A streamer serves one call after the other."""
    pipeline = make()
    streamer = import_module("transformers").TextStreamer(pipeline.tokenizer, skip_prompt=True)
    for prompt in ("Hello", "there"):
        pipeline(prompt, streamer=streamer)

    assert capsys.readouterr().out.count("\n") >= 2
    for prompt, ending in zip(log.of("prompt"), log.endings, strict=True):
        of_call = [e for e in log.of("completion_chunk") if e.session_id == prompt.session_id]
        chunks = [content_of(each)["text"] for each in of_call]
        assert "".join(chunks) == content_of(ending)["text"]


def test_tools(make, log, library):
    """The tools of a chat are in the log."""
    if is_old(library):
        pytest.skip("it takes none")
    tool = {"type": "function", "function": {"name": "weather", "description": "The weather.",
                                             "parameters": {"type": "object", "properties": {}}}}  # fmt: skip
    make()(CHAT, tools=[tool])

    assert log.one("prompt")["content"]["tools"][0]["function"]["name"] == "weather"


def test_parsed_answer(make, log, library):
    """An answer that the tokenizer can take apart has its reasoning and its tool calls."""
    if library == "real":
        pytest.skip("only few tokenizers can")
    pipeline = make()
    pipeline.tokenizer.response_template = {"any": "thing"}
    pipeline(CHAT)

    assert log.actions == ["prompt", "completion", "tool_call"]
    assert log.one("tool_call")["content"]["tool"]["arguments"] == {"city": "Paris"}
    assert log.one("completion")["content"]["reasoning"] == "Hm."


def test_answer_that_cannot_be_parsed(make, log, library, monkeypatch):
    """Its text is in the log all the same."""
    if library == "real":
        pytest.skip("only few tokenizers can")
    pipeline = make()
    pipeline.tokenizer.response_template = {"any": "thing"}
    monkeypatch.setattr(type(pipeline.tokenizer), "parse_response", lambda *_, **__: None)
    pipeline(CHAT)

    assert log.ending["content"]["text"] == "blueb"
    monkeypatch.setattr(guard, "errors", guard.errors - log.internal_errors)


def test_without_content(make, instrumented):
    """Without content there are counts, and nothing is decoded for the log."""
    log = instrumented(providers=["transformers"], capture_content=False)
    pipeline = make()
    decoded: list[Any] = []
    decode = type(pipeline.tokenizer).decode

    class Tokenizer(type(pipeline.tokenizer)):  # type: ignore[misc]
        """Counts."""

        def decode(self, *args: Any, **kwargs: Any) -> Any:
            """Decode and count."""
            decoded.append(args)
            return decode(self, *args, **kwargs)

    pipeline.tokenizer.__class__ = Tokenizer
    pipeline("Hello there", return_tensors=True)

    assert decoded == []
    assert [each.content for each in log.events] == [None, None]
    assert log.ending["metrics"]["tokens"]["completion"] == 5


def test_privacy(make, library):
    """What a privacy policy hides is hidden here, too."""
    with logged_by_policy("transformers", "redact") as log:
        make()("Write to ada@example.com")

    assert "ada@example.com" not in log.one("prompt")["content"]["text"]
    assert log.one("prompt")["privacy"]["pii_detected"] == ["email"]


@pytest.mark.parametrize("pipeline_first", [True, False])
def test_order(make, library, instrumented, pipeline_first):
    """A pipeline that was made before `instrument()` is observed, and one after it."""
    pipeline = make() if pipeline_first else None
    log = instrumented(providers=["transformers"])
    pipeline = pipeline or make()
    bound = pipeline.forward
    pipeline("Hello")

    assert log.actions == ["prompt", "completion"]
    hilt.uninstrument()
    pipeline("Hello")
    assert bound.__func__ is type(pipeline).forward
    assert len(log.events) == 2


def test_nothing_is_imported(library, instrumented):
    """`instrument()` imports neither the library nor PyTorch."""
    if library == "real":
        pytest.skip("other tests have imported it")
    instrumented(providers=["transformers"])

    assert "transformers" not in sys.modules


def test_pickled_pipeline(make, log):
    """A pipeline can be pickled, and its copy is observed."""
    pickle.loads(pickle.dumps(make()))("Hello")

    assert log.actions == ["prompt", "completion"]


def test_threads(make, log):
    """Calls of several threads have their own answers, and their own conversations."""
    pipeline = make()

    def ask(name: str) -> None:
        with hilt.conversation(name):
            pipeline(f"I am {name}")

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("ada", "bob", "eve")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(log.endings) == 3
    for event in log.of("prompt"):
        assert content_of(event)["text"] == f"I am {event.session_id}"


def test_own_pipeline(make, log, library):
    """A class of the program's own that generates text is observed as its base is."""
    base: Any = import_module("transformers").TextGenerationPipeline

    class Shouting(base):  # type: ignore[misc]
        """Shouts."""

        def postprocess(self, *args: Any, **kwargs: Any) -> Any:
            """The text in capitals."""
            return [each["generated_text"].upper() for each in super().postprocess(*args, **kwargs)]

    pipeline = make()
    pipeline.__class__ = Shouting
    (shouted,) = pipeline("Hello", return_full_text=False)

    assert log.ending["content"]["text"].upper() == shouted


def of_another_kind(pipeline: Any, name: str, **methods: Any) -> Any:
    """A pipeline of a class of the program's own, which has these methods."""
    base: Any = import_module("transformers.pipelines.base").Pipeline
    methods["_sanitize_parameters"] = lambda _, **__: ({}, {}, {})
    pipeline.__class__ = type(name, (base,), methods)
    pipeline._preprocess_params, pipeline._forward_params = {}, {}
    pipeline._postprocess_params = {}
    return pipeline


def test_model_that_speaks(make, log, library):
    """What is written in no tokens has an ending all the same; so has a prompt without a text."""
    pipeline = of_another_kind(
        make(),
        "AnyToAnyPipeline",
        preprocess=lambda *_, **__: {"text": None},
        _forward=lambda *_, **__: {"generated_sequence": ([0.5], [0.25])},
        postprocess=lambda _, outputs, **__: outputs["generated_sequence"],
    )

    assert pipeline("Hello") == ([0.5], [0.25])
    assert log.actions == ["prompt", "completion"]
    assert texts(log, "prompt") == [""]


def test_other_pipelines(make, log, library):
    """A pipeline of another kind is none of ours."""
    pipeline = of_another_kind(
        make(),
        "CountingPipeline",
        preprocess=lambda _, text, **__: {"prompt_text": text},
        _forward=lambda _, inputs, **__: {"count": len(inputs["prompt_text"])},
        postprocess=lambda _, outputs, **__: outputs["count"],
    )

    assert pipeline("Hello") == 5
    assert log.events == []


@pytest.mark.parametrize(
    "where",
    [
        (hooks, "Settings"),
        (hooks, "_key_of"),
        (hooks, "_input_counts"),
        (hooks, "_rows"),
        (hooks, "_written"),
        (hooks, "messages_of"),
        (hooks, "answer_reader"),
        (hooks._Forward, "begun"),
        (adapter.Transformers, "request"),
        (generation.Generation, "response"),
        (generation.Generation, "text"),
        (generation.Generation, "delta"),
        (messages, "text_message"),
        (settings.Settings, "attributes"),
    ],
    ids=lambda where: where[1],
)
def test_sabotage(where, make, instrumented, monkeypatch, caplog):
    """Whatever fails in HILT, the program gets its answer, and no call is left open."""
    caplog.set_level(logging.CRITICAL)
    log = instrumented(providers=["transformers"])
    pipeline = make()
    expected = pipeline("Hello")
    streamer = import_module("transformers").TextIteratorStreamer(
        pipeline.tokenizer, skip_prompt=True
    )
    log.clear()

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    with monkeypatch.context() as patch:
        patch.setattr(*where, broken)
        assert pipeline("Hello", streamer=streamer) == expected
        assert pipeline(["Hello", "Hello"], batch_size=2)[0][0] == expected[0]
        assert pipeline(CHAT)
    assert list(streamer)
    assert len(log.of("prompt")) == len(log.endings)
