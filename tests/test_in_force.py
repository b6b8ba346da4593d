"""A second `instrument`: what goes on without a break, and what is put in force anew."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import hilt
from hilt import Event, Session, _in_force, get_context
from hilt._config import resolve
from hilt._context import FRAMEWORK_READERS
from hilt.instrumentation.frameworks.install import Frameworks
from hilt.instrumentation.patching import Patches
from hilt.instrumentation.sdk_functions import copy_of
from hilt.io.read.events import read_events
from hilt.testing.memory import MemorySink

pytest.importorskip("openai")

from tests.instrumentation.mock_http import openai_client, sse
from tests.instrumentation.test_patching import ANSWER, ASK

QUEUED = {
    "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o-mini",
    "status": "queued", "background": True, "output": [], "tools": [], "tool_choice": "auto",
    "parallel_tool_calls": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, and nothing instrumented afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    hilt.uninstrument()


def client() -> Any:
    """A client of OpenAI that is answered in the process."""
    return openai_client({"POST /chat/completions": ANSWER, "POST /responses": QUEUED})


def in_memory(**options: Any) -> MemorySink:
    """What `instrument` logs from now on."""
    sink = MemorySink()
    hilt.instrument(session=Session(sink), providers=["openai"], **options)
    return sink


def actions(events: list[Event]) -> list[str]:
    """What happened."""
    return [event.action for event in events]


@pytest.mark.parametrize("files", [["log.jsonl"], ["one.jsonl", "two.jsonl"]])
def test_no_call_is_lost_while_a_script_runs_again(files: list[str]) -> None:
    """Other threads call all the time, to the same log or to another one each time."""
    made, stop = [0] * 4, threading.Event()

    def work(number: int) -> None:
        sdk = client()
        while not stop.is_set():
            sdk.chat.completions.create(**ASK)
            made[number] += 1

    hilt.instrument(filepath=files[0], providers=["openai"])
    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(made))]
    for thread in threads:
        thread.start()
    for number in range(60):
        hilt.instrument(filepath=files[number % len(files)], providers=["openai"])
    stop.set()
    for thread in threads:
        thread.join()
    hilt.uninstrument()

    events = [event for file in files for event in read_events(file)]
    answered = {event.extensions.get("reply_to") for event in events}
    prompts = [event.event_id for event in events if event.action == "prompt"]
    assert len(prompts) == sum(made) > 0
    assert answered.issuperset(prompts)


def test_second_instrument_takes_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even for a moment; and no hook of an import is left behind, however often it is called."""
    in_memory()
    refuse = functools.partial(pytest.fail, "it was taken off, or put on twice")
    for patched in (Patches, Frameworks):
        monkeypatch.setattr(patched, "undo", refuse)
    for patched, name in ((Patches, "apply"), (Frameworks, "install")):
        monkeypatch.setattr(patched, name, refuse)

    sinks = [in_memory() for _ in range(3)]
    client().chat.completions.create(**ASK)
    monkeypatch.undo()

    assert [actions(sink.events) for sink in sinks] == [[], [], ["prompt", "completion"]]


@pytest.mark.parametrize(
    ("options", "logged"),
    [
        ({"capture_content": False}, None),
        ({"capture_chunks": False}, "Hi"),
        ({"unseen_calls": False}, "Hi"),
        ({"wire": True}, "Hi"),
        ({"wire_hosts": ["llm.example.com"]}, "Hi"),
    ],
)
def test_other_ways_to_observe_are_put_in_force(
    options: dict[str, Any], logged: str | None
) -> None:
    """What an earlier call had is replaced, and what a later one has again."""
    for changed, text in ((options, logged), ({}, "Hi"), (options, logged)):
        sink = in_memory(**changed)
        client().chat.completions.create(**ASK)

        prompt, _ = sink.events
        assert (prompt.content.text if prompt.content else None) == text


def test_hosts_of_a_later_call_are_the_ones_that_are_looked_at() -> None:
    """Those of an earlier one are not, any more."""
    for host in ("one.example.com", "two.example.com"):
        in_memory(wire_hosts=[host])
        assert _in_force.state.wire is not None
        assert _in_force.state.wire._hosts == {host}


def test_providers_of_a_later_call_are_observed_alone() -> None:
    """And those of an earlier one again, when they are named again."""
    for providers, logged in (([], []), (["openai"], ["prompt", "completion"]), ([], [])):
        sink = MemorySink()
        hilt.instrument(session=Session(sink), providers=providers)
        client().chat.completions.create(**ASK)
        assert actions(sink.events) == logged


def test_module_that_was_loaded_anew_is_observed() -> None:
    """The second `instrument` finds its functions, and wraps no other one twice."""
    from openai._base_client import SyncAPIClient

    owner: Any = SyncAPIClient
    original = vars(owner)["request"]
    fresh = copy_of(original)
    in_memory()
    owner.request = fresh
    try:
        first = in_memory()
        client().chat.completions.create(**ASK)
        again = in_memory()
        client().chat.completions.create(**ASK)
    finally:
        owner.request = original

    assert actions(first.events) == actions(again.events) == ["prompt", "completion"]


def test_call_through_the_wrapper_of_another_library_is_logged_once() -> None:
    """It was put around the SDK's function between the two."""
    from openai._base_client import SyncAPIClient

    owner: Any = SyncAPIClient
    original: FunctionType = vars(owner)["request"]
    in_memory()

    @functools.wraps(original)
    def traced(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    owner.request = traced
    try:
        sink = in_memory()
        client().chat.completions.create(**ASK)
    finally:
        owner.request = original

    assert actions(sink.events) == ["prompt", "completion"]


def test_framework_whose_observers_were_replaced_is_observed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As by ``set_trace_processors([])`` of OpenAI Agents, after which programs call it again."""
    agents: Any = ModuleType("agents")
    processors: list[Any] = []
    agents.add_trace_processor = processors.append
    agents.get_current_trace = agents.get_current_span = lambda: None
    monkeypatch.setitem(sys.modules, "agents", agents)
    before = len(FRAMEWORK_READERS)
    in_memory()
    assert len(processors) == 1
    processors.clear()
    in_memory()

    (processor,) = processors
    assert processor.read in FRAMEWORK_READERS
    hilt.uninstrument()
    assert len(FRAMEWORK_READERS) == before


def test_instrumentor_that_was_switched_off_by_hand_is_on_again() -> None:
    """`instrument` says what is observed, whatever was done since to one of its instrumentors."""
    from hilt.instrumentation.instrumentors import OpenAIInstrumentor

    in_memory()
    OpenAIInstrumentor().uninstrument()
    sink = in_memory()
    client().chat.completions.create(**ASK)

    assert actions(sink.events) == ["prompt", "completion"]


def test_answer_that_is_awaited_has_its_ending_where_its_prompt_is() -> None:
    """A log that is left gets it at once; in one that is kept it is still to come."""
    hilt.instrument(filepath="one.jsonl", providers=["openai"])
    client().responses.create(model="gpt-4o-mini", input="Hi", background=True)
    hilt.instrument(filepath="one.jsonl", providers=["openai"])
    kept = actions(list(read_events("one.jsonl")))
    hilt.instrument(filepath="two.jsonl", providers=["openai"])

    assert kept == ["prompt"]
    prompt, ending = read_events("one.jsonl")
    assert ending.extensions["reply_to"] == prompt.event_id
    assert ending.extensions["outcome"] == "pending"


def test_session_of_the_program_is_current_and_open() -> None:
    """The one before it, which `instrument` had opened, is closed."""
    first = hilt.instrument(filepath="one.jsonl", providers=["openai"])
    own = Session(MemorySink()).open()
    hilt.instrument(session=own, providers=["openai"])
    second = hilt.instrument(filepath="one.jsonl", providers=["openai"])

    assert (first.closed, own.closed, second.closed) == (True, False, False)
    assert get_context().session is second


def test_metrics_and_spans_go_where_the_later_call_says() -> None:
    """A provider that an earlier call was given is given up."""
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    reader, spans = InMemoryMetricReader(), InMemorySpanExporter()
    tracing = TracerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    metering = MeterProvider([reader], shutdown_on_exit=False)
    in_memory()
    sink = in_memory(tracer_provider=tracing, meter_provider=metering)
    client().chat.completions.create(**ASK)

    assert actions(sink.events) == ["prompt", "completion"]
    assert [span.name for span in spans.get_finished_spans()] == ["chat gpt-4o"]
    assert reader.get_metrics_data() is not None

    later = in_memory()
    client().chat.completions.create(**ASK)
    assert actions(later.events) == ["prompt", "completion"]
    assert len(spans.get_finished_spans()) == 1
    measured = in_memory(meter_provider=metering)
    client().chat.completions.create(**ASK)
    assert actions(measured.events) == ["prompt", "completion"]
    (resource,) = reader.get_metrics_data().resource_metrics  # type: ignore[union-attr]
    points = [
        point
        for metric in resource.scope_metrics[0].metrics
        if metric.name == "gen_ai.client.operation.duration"
        for point in metric.data.data_points
    ]
    assert sum(point.count for point in points) == 2  # type: ignore[union-attr]


def test_options_that_an_instrumentor_was_given_by_hand_do_not_stay() -> None:
    """They are not those of `instrument`."""
    from hilt.instrumentation.instrumentors import OpenAIInstrumentor

    in_memory()
    options = OpenAIInstrumentor().options
    OpenAIInstrumentor().uninstrument()
    OpenAIInstrumentor().instrument(skip_dep_check=True, **{**options, "capture_content": False})
    sink = in_memory()
    client().chat.completions.create(**ASK)

    assert [event.content.text for event in sink.events if event.content] == ["Hi", "Hello!"]


def test_unseen_calls_are_summed_up_where_they_were_counted() -> None:
    """The rest of them belongs to the log that says that there was one."""
    from hilt.instrumentation.unseen_calls import UnseenCall

    def count(times: int) -> None:
        counter = _in_force.state.unseen_calls
        assert counter is not None
        for _ in range(times):
            counter._count(UnseenCall("api.example.com", "/v1/chat", "somebody"))

    first = in_memory()
    count(3)
    second = in_memory()
    assert [event.extensions["unseen_call"]["requests"] for event in first.events] == [1, 2]
    count(2)
    hilt.uninstrument()
    assert [event.extensions["unseen_call"]["requests"] for event in second.events] == [2]


@pytest.mark.parametrize("files", [["log.jsonl"], ["one.jsonl", "two.jsonl"]])
def test_stream_in_progress_ends_where_it_began(files: list[str]) -> None:
    """Each has its prompt and its answer in one log, also where that was left meanwhile."""
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o"}
    deltas = [{"content": "Hel"}, {"content": "lo!"}]
    chunks = [{**chunk, "choices": [{"index": 0, "delta": each}]} for each in deltas]
    hilt.instrument(filepath=files[0], providers=["openai"])
    for number in range(1, 5):
        sdk = openai_client({"POST /chat/completions": sse(chunks)})
        stream = sdk.chat.completions.create(**ASK, stream=True)
        next(stream)
        hilt.instrument(filepath=files[number % len(files)], providers=["openai"])
        list(stream)
    hilt.uninstrument()

    for file in files:
        events = list(read_events(file))
        prompts = {event.event_id for event in events if event.action == "prompt"}
        endings = [event for event in events if event.action == "completion"]
        assert {event.extensions["reply_to"] for event in endings} == prompts
        assert [event.content.text for event in endings] == ["Hello!"] * (4 // len(files))


def test_spans_go_to_a_provider_that_only_the_later_call_has() -> None:
    """And no longer there, when the one after it has none."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    tracing = TracerProvider(shutdown_on_exit=False)
    tracing.add_span_processor(SimpleSpanProcessor(spans))
    for options, count in (({}, 0), ({"tracer_provider": tracing}, 1), ({}, 1)):
        sink = in_memory(**options)
        client().chat.completions.create(**ASK)
        assert actions(sink.events) == ["prompt", "completion"]
        assert len(spans.get_finished_spans()) == count


def test_block_leaves_its_session_open_and_what_was_before_in_force() -> None:
    """What a test observes is in its own log alone, and what the program had goes on."""
    outer = hilt.instrument(filepath="log.jsonl", providers=["openai"])
    with Session(MemorySink()) as session:
        with _in_force.instrumented_meanwhile(session):
            assert get_context().session is session
            client().chat.completions.create(**ASK)
        assert not session.closed
        assert len(list(session.read())) == 2
    client().chat.completions.create(**ASK)

    assert get_context().session is outer
    assert (outer.closed, get_context().is_instrumented) == (False, True)
    assert actions(list(read_events("log.jsonl"))) == ["prompt", "completion"]


@pytest.mark.parametrize("fails", [False, True])
def test_block_leaves_instrumentors_that_were_on_by_hand(fails: bool) -> None:
    """With the options that they had, also where it ends by an error."""
    from hilt.instrumentation.instrumentors import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(skip_dep_check=True, capture_content=False)
    before = OpenAIInstrumentor().options
    try:
        with Session(MemorySink()) as session:
            with (
                pytest.raises(KeyError) if fails else nullcontext(),
                _in_force.instrumented_meanwhile(session),
            ):
                client().chat.completions.create(**ASK)
                if fails:
                    raise KeyError
            client().chat.completions.create(**ASK)
            texts = [event.content.text for event in session.read() if event.content]

        assert texts == ["Hi", "Hello!"]
        assert OpenAIInstrumentor().is_instrumented_by_opentelemetry
        assert OpenAIInstrumentor().options == before
        assert (get_context().session, get_context().is_instrumented) == (None, False)
        assert _in_force.state.instrumentors == []
    finally:
        OpenAIInstrumentor().uninstrument()


@pytest.mark.parametrize(
    ("options", "counts", "observes"),
    [
        ({}, True, False),
        ({"providers": []}, False, False),
        ({"unseen_calls": False}, False, False),
        ({"wire": True}, True, True),
        ({"wire": True, "unseen_calls": False}, False, True),
    ],
)
def test_unseen_calls_are_counted_unless_nothing_is_observed(
    options: dict[str, Any], counts: bool, observes: bool
) -> None:
    """Everything is off again afterwards."""
    hilt.instrument(session=Session(MemorySink()), **{"providers": ["openai"], **options})
    state = _in_force.state
    assert (state.unseen_calls is not None, state.wire is not None) == (counts, observes)
    assert state.frameworks is not None

    hilt.uninstrument()
    assert (state.unseen_calls, state.wire, state.frameworks, state.setup) == (None,) * 4
    assert (state.instrumentors, state.undo) == ([], [])


def test_sdks_that_the_program_chose_not_to_observe_are_no_unseen_ones() -> None:
    """All but those that it named; none where it named none."""
    from hilt.providers.registry import PROVIDERS

    packages = {entry.package for entry in PROVIDERS.values()}
    for providers, excluded in ((["openai"], packages - {"openai"}), (None, set())):
        config = resolve({"providers": providers})
        assert set(_in_force._excluded_packages(config)) == excluded


def test_unseen_call_after_the_end_is_written_nowhere() -> None:
    """A thread may count one while the log is closed."""
    event = Event(session_id="s", actor={"type": "system", "id": "hilt"}, action="system")
    sink = in_memory()
    _in_force._append(event)
    hilt.uninstrument()
    _in_force._append(event)

    assert actions(sink.events) == ["system"]


def test_program_that_ends_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams, answers that are awaited, sums of unseen calls, and then what waits to be sent."""
    in_memory()
    done: list[str] = []
    state = _in_force.state
    (instrumentor,) = state.instrumentors
    for owner, name in (
        (type(instrumentor), "end_streams"),
        (type(instrumentor), "end_pending"),
        (type(state.unseen_calls), "write_totals"),
    ):
        monkeypatch.setattr(owner, name, lambda _, name=name: done.append(name))
    monkeypatch.setattr(Session, "flush", lambda _, seconds: done.append(f"flush {seconds}"))
    _in_force._at_exit()
    assert done == ["end_streams", "end_pending", "write_totals", "flush 5.0"]

    monkeypatch.undo()
    hilt.uninstrument()
    _in_force._at_exit()
    assert len(done) == 4


@pytest.mark.parametrize(
    ("script", "folder"),
    [
        ("/srv/app/main.py", "/srv/app"),
        ("/srv/venv/bin/uvicorn", "."),
        ("C/Scripts/run.exe", "."),
        ("/usr/lib/python3/site-packages/tool/__main__.py", "."),
        ("/srv/binary/main.py", "/srv/binary"),
        (None, "."),
        (5, "."),
    ],
)
def test_folder_of_the_program(
    script: object, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of its script, unless an installed command runs it; of a shell, the current one."""
    monkeypatch.setattr("__main__.__file__", script, raising=False)
    assert _in_force._folder_of_program() == Path(folder)

    monkeypatch.delattr("__main__.__file__")
    assert _in_force._folder_of_program() == Path()
