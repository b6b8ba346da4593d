"""``vllm.LLM``, by doubles of two releases: each prompt is a call, and none is logged twice."""

from __future__ import annotations

import gc
import logging
import pickle
import sys
import threading
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hilt
from hilt.providers.vllm import adapter, answers, hooks, prompts
from tests.conftest import Log
from tests.providers.doubles import imported_from, logged, logged_by_policy

CHAT = [{"role": "user", "content": "Hello"}]


@pytest.fixture(params=["newest", "older"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A double of one of two releases."""
    here = Path(__file__)
    both = here.with_name("both")
    with imported_from(here.with_name(request.param), "vllm", monkeypatch, both):
        yield request.param


@pytest.fixture
def log(library: str) -> Iterator[Log]:
    """A log of vLLM; HILT itself raises nothing."""
    with logged("vllm") as log:
        yield log


@pytest.fixture
def llm(library: str) -> Any:
    """A model."""
    return import_module("vllm").LLM("Qwen/Qwen3-8B")


def params(**options: Any) -> Any:
    """Sampling parameters."""
    return import_module("vllm").SamplingParams(**options)


def content_of(event: Any) -> dict[str, Any]:
    """The content of an event."""
    content: dict[str, Any] = event.to_dict().get("content") or {}
    return content


def texts(log: Log, action: str = "completion") -> list[str]:
    """The texts of events."""
    return [str(content_of(each).get("text")) for each in log.of(action)]


def test_prompt(llm, log):
    """A prompt is a call with counts, a finish reason, and no cost."""
    (output,) = llm.generate("Which colour?", params(temperature=0.5, max_tokens=3, seed=7))

    prompt, ending = log.one("prompt"), log.ending
    assert log.actions == ["prompt", "completion"]
    assert prompt["content"]["text"] == "Which colour?"
    assert prompt["provenance"]["operation"] == "text_completion"
    assert prompt["extensions"] == {
        "model": "Qwen/Qwen3-8B",
        "parameters": {"temperature": 0.5, "max_tokens": 3, "seed": 7},
    }
    assert ending["content"]["text"] == output.outputs[0].text == "blu"
    assert ending["metrics"] == {
        "tokens": {"prompt": 13, "completion": 3, "total": 16, "cached": 0}
    }
    assert ending["extensions"]["outcome"] == ending["extensions"]["finish_reason"] == "length"
    assert ending["extensions"]["cost_unknown"] == (
        "vllm runs on one's own machines: there is no price per token"
    )
    assert ending["actor"] == {"type": "agent", "id": "vllm"}


def test_price_of_the_programs_own(llm, library, instrumented, tmp_path):
    """Who pays for the machine may say what a request, or a token, costs."""
    path = tmp_path / "prices.toml"
    path.write_text('[[models]]\nprovider = "vllm"\nmodel = "*"\ninput = 1\noutput = 2\n')
    log = instrumented(providers=["vllm"], prices=path)
    llm.generate("Hi")

    assert log.ending["metrics"]["cost_usd"] == 0.00001


def test_prompts(llm, log):
    """Each prompt is a call of its own, with parameters of its own."""
    outputs = llm.generate(["Hi", "Which colour?"], [params(max_tokens=2), params()])

    assert len(outputs) == 2
    assert texts(log, "prompt") == ["Hi", "Which colour?"]
    assert texts(log) == ["bl", "blue"]
    assert [each.extensions["batch_size"] for each in log.endings] == [2, 2]
    assert [each.extensions["parameters"]["max_tokens"] for each in log.of("prompt")] == [2, 16]
    assert len({each.extensions["latency_ms"] for each in log.endings}) == 1
    assert len({each.session_id for each in log.events}) == 2


def test_keywords(llm, log):
    """Arguments may be given by name."""
    llm.generate(prompts=["Hi"], sampling_params=params(), use_tqdm=False)
    llm.chat(messages=CHAT)

    assert texts(log, "prompt") == ["Hi", "Hello"]


@pytest.mark.parametrize("options", [{}, {"sampling_params": "given"}])
def test_chat(llm, log, options):
    """A chat is logged once, with its messages; the next turn is in the same conversation."""
    options = {name: params() for name in options}
    (output,) = llm.chat(CHAT, **options)
    answer = {"role": "assistant", "content": output.outputs[0].text}
    llm.chat([*CHAT, answer, {"role": "user", "content": "Why?"}], **options)

    assert log.actions == ["prompt", "completion"] * 2
    assert texts(log, "prompt") == ["Hello", "Why?"]
    assert log.events[0].provenance["operation"] == "chat"
    assert len({each.session_id for each in log.events}) == 1


def test_chats(llm, log):
    """Each chat of a list is a call; tools are in the log."""
    tool = {"type": "function", "function": {"name": "weather", "parameters": {}}}
    llm.chat([CHAT, [{"role": "user", "content": "Bye"}]], tools=[tool])

    assert texts(log, "prompt") == ["Hello", "Bye"]
    for each in log.of("prompt"):
        assert content_of(each)["tools"][0]["function"]["name"] == "weather"


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ({"prompt": "Hi"}, "Hi"),
        ({"prompt_token_ids": [1, 2, 3]}, "[3 tokens]"),
        ({"prompt": "Hi", "prompt_token_ids": [1, 2, 3]}, "Hi"),
        ({"prompt": "What is it?", "multi_modal_data": {"image": object()}}, "What is it?"),
    ],
)
def test_kinds_of_prompts(llm, log, prompt, text):
    """A prompt may be a dict, or have only tokens."""
    llm.generate(prompt)

    assert texts(log, "prompt") == [text]
    assert "multi_modal_data" not in prompt or content_of(log.of("prompt")[0])["media"] == [
        {"type": "blob", "modality": "image"}
    ]


def test_tokens(llm, log, library):
    """The tokens of a prompt alone, or as they were given up to 0.10."""
    if library == "older":
        llm.generate(prompt_token_ids=[[1, 2, 3]])
    else:
        llm.generate([1, 2, 3])

    assert texts(log, "prompt") == ["[3 tokens]"]


def test_several_answers(llm, log):
    """Several answers to one prompt are its choices."""
    llm.generate("Hi", params(n=2))

    assert log.ending["metrics"]["tokens"]["completion"] == 8
    assert len(log.ending["content"]["choices"]) == 1
    assert log.one("prompt")["extensions"]["parameters"]["choice.count"] == 2


def test_statistics(library, log):
    """Where vLLM keeps statistics, each answer has its own latency."""
    llm = import_module("vllm").LLM("Qwen/Qwen3-8B", metrics=True)
    llm.generate(["Hi", "Bye"])

    assert [each.extensions["latency_ms"] for each in log.endings] == [250.0, 250.0]


def test_error(llm, log):
    """What the engine raises ends every call, and reaches the program."""
    llm.error = RuntimeError("out of memory")
    with pytest.raises(RuntimeError, match="out of memory"):
        llm.generate(["Hi", "Bye"])

    assert log.actions == ["prompt", "prompt", "system", "system"]
    assert texts(log, "system") == ["out of memory"] * 2


def test_wrong_number_of_parameters(llm, log):
    """What vLLM refuses is a failure of all that it might have been."""
    with pytest.raises(ValueError, match=r"."):
        llm.generate(["Hi", "Bye"], [params()])

    assert {each.action for each in log.endings} == {"system"}


def test_beam_search(llm, log):
    """A search is one call for each prompt, however often it asks the model."""
    llm.beam_search([{"prompt": "Hi"}, {"prompt": "Bye"}], SimpleNamespace(beam_width=2))

    assert log.actions == ["prompt", "prompt", "completion", "completion"]
    assert texts(log) == ["blue", "blue"]
    assert log.endings[1].to_dict()["metrics"]["tokens"] == {
        "prompt": 3, "completion": 4, "total": 7,
    }  # fmt: skip


def test_embed(llm, log):
    """Texts that are embedded together are one call; the numbers are not in the log."""
    outputs = llm.embed(["Hello", "Bye"])

    assert outputs[0].outputs.embedding == [0.5] * 3
    assert log.actions == ["prompt", "embedding"]
    assert log.ending["extensions"]["vectors"] == 2
    assert log.ending["extensions"]["dimensions"] == 3
    assert log.ending["metrics"]["tokens"]["prompt"] == 8
    assert "[0.5" not in str(log.ending)


def test_embedding_that_failed(llm, log):
    """An output that reports an error is one."""
    llm.error = SimpleNamespace(code="validation_error", message="too long", retryable=False)
    llm.embed("Hello")

    assert log.ending["action"] == "system"
    assert log.ending["content"]["text"] == "too long"


def test_queue(llm, log, library):
    """A request that waits is a call, whose answer comes with the others."""
    if library == "older":
        pytest.skip("it has no queue")
    llm.enqueue(["Hi", "Bye"], params(max_tokens=2))
    llm.enqueue_chat(CHAT)
    assert log.actions == ["prompt"] * 3
    llm.wait_for_completion()

    assert log.actions == ["prompt"] * 3 + ["completion"] * 3
    assert texts(log) == ["bl", "bl", "blue"]
    prompts = [each.event_id for each in log.of("prompt")]
    assert [each.extensions["reply_to"] for each in log.endings] == prompts


def test_queue_that_another_call_empties(llm, log, library):
    """``generate`` returns the answers to what waits, too, before its own."""
    if library == "older":
        pytest.skip("it has no queue")
    llm.enqueue(["Hi"], params(max_tokens=2))
    assert len(llm.generate(["Bye"])) == 2

    replies = {each.extensions["reply_to"]: content_of(each)["text"] for each in log.endings}
    assert [replies[each.event_id] for each in log.of("prompt")] == ["bl", "blue"]
    assert llm.wait_for_completion() == []
    assert len(log.endings) == 2


def test_queue_that_fails(llm, log, library):
    """What the engine raises ends all that waits."""
    if library == "older":
        pytest.skip("it has no queue")
    llm.enqueue(["Hi", "Bye"])
    llm.error = RuntimeError("out of memory")
    with pytest.raises(RuntimeError):
        llm.wait_for_completion()

    assert texts(log, "system") == ["out of memory"] * 2


def test_queue_that_nobody_waits_for(llm, log, library):
    """When the model is gone, so are its calls: they have endings."""
    if library == "older":
        pytest.skip("it has no queue")
    other = import_module("vllm").LLM("other")
    other.enqueue(["Hi"])
    del other
    gc.collect()
    llm.generate("Bye")

    assert [each.extensions["outcome"] for each in log.endings] == ["abandoned", "completed"]


def test_iterator(llm, log):
    """Prompts that can be read only once are vLLM's to refuse, and none is read."""
    prompts = iter(["Hi"])
    with pytest.raises(TypeError):
        llm.generate(prompts)

    assert next(prompts) == "Hi"
    assert log.events == []


def test_without_content(llm, library, instrumented):
    """Without content there are counts."""
    log = instrumented(providers=["vllm"], capture_content=False)
    llm.generate("Hi")

    assert [each.content for each in log.events] == [None, None]
    assert log.ending["metrics"]["tokens"]["completion"] == 4


def test_privacy(llm, library):
    """What a privacy policy hides is hidden here, too."""
    with logged_by_policy("vllm", "redact") as log:
        llm.generate("Write to ada@example.com")

    assert "ada@example.com" not in log.one("prompt")["content"]["text"]


def test_nothing_is_imported(library, instrumented):
    """`instrument()` does not import vLLM, and observes it when it comes."""
    log = instrumented(providers=["vllm"])
    assert "vllm" not in sys.modules
    import_module("vllm").LLM("Qwen/Qwen3-8B").generate("Hi")

    assert log.actions == ["prompt", "completion"]


def test_uninstrument(llm, log):
    """Nothing is left behind; a model can be pickled."""
    pickle.loads(pickle.dumps(llm)).generate("Hi")
    hilt.uninstrument()
    llm.generate("Hi")

    assert log.actions == ["prompt", "completion"]


def test_threads(library, log):
    """Models of several threads have their own calls."""
    module = import_module("vllm")

    def ask(name: str) -> None:
        with hilt.conversation(name):
            module.LLM("Qwen/Qwen3-8B").generate(f"I am {name}")

    threads = [threading.Thread(target=ask, args=(name,)) for name in ("ada", "bob", "eve")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(log.endings) == 3
    for event in log.of("prompt"):
        assert content_of(event)["text"] == f"I am {event.session_id}"


@pytest.mark.parametrize(
    "where",
    [
        (hooks, "chats_of"),
        (hooks, "prompts_of"),
        (hooks, "parameters_of"),
        (hooks, "latency_of"),
        (hooks, "_end_queued"),
        (adapter.VLLM, "request"),
        (answers.Completions, "response"),
        (answers.Vectors, "response"),
        (adapter, "sampling_attributes"),
        (prompts, "input_message"),
        (hooks._Prompts, "end"),
    ],
    ids=lambda where: where[1],
)
def test_sabotage(where, llm, library, instrumented, monkeypatch, caplog):
    """Whatever fails in HILT, the program gets its answers, and no call is left open."""
    caplog.set_level(logging.CRITICAL)
    log = instrumented(providers=["vllm"])

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    with monkeypatch.context() as patch:
        patch.setattr(*where, broken)
        assert [each.outputs[0].text for each in llm.generate(["Hi", "Bye"])] == ["blue", "blue"]
        assert llm.chat(CHAT)[0].outputs[0].text == "blue"
        assert llm.embed("Hi")[0].outputs.embedding == [0.5] * 3
        if library == "newest":
            llm.enqueue("Hi")
            assert len(llm.wait_for_completion()) == 1
    del llm
    hilt.uninstrument()
    gc.collect()
    assert len(log.of("prompt")) - len(log.endings) in (0, where[1] in ("_end_queued", "end"))
