"""Whatever stands in a request, an answer or a chunk, the call is in the log.

``odd_shapes.json`` has a sound body of each kind for every surface of every adapter. Here each
place of each body is deleted, or holds what does not belong there, in turn.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.genai.fold import Fold
from hilt.genai.observation import Observation
from hilt.genai.values import Arguments, Request, Response, Surface, Target
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.private_tracer import PrivateTracer
from hilt.providers.bedrock.answers import Answer
from hilt.providers.claude_agent.turns import Turns
from hilt.providers.cohere.requests import fern_request
from hilt.providers.gemini.hooks import API_REQUEST
from hilt.providers.gemini.live import LiveSession
from hilt.providers.openai.realtime import RealtimeSession
from hilt.providers.openai.response_sockets import ResponsesConnection
from hilt.providers.registry import PROVIDERS
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import Recorder, encode_events
from tests.conftest import ENDINGS, Log

CONNECTIONS = json.loads(
    Path(__file__).with_name("odd_connections.json").read_text(encoding="utf-8")
)
CASES = json.loads(Path(__file__).with_name("odd_shapes.json").read_text(encoding="utf-8"))
ODD: tuple[Any, ...] = (
    None, True, 1.5, "x", "\ud800", [], ["a"], [None], {}, {"a": 1},
    {"type": ["t"]}, [{"type": "text", "text": 5}], [[1]],
)  # fmt: skip
DELETED = object()
OBJECTS = {"openai", "anthropic", "together", "writer", "ollama", "litellm"}
"""SDKs that give objects, whatever stands in them. Groq and Cerebras have OpenAI's surfaces."""
SOME = 3
"""Of objects, one mutant in three: neighbouring places get others of the odd values."""
STEPS = pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.slow)])
"""One mutant in so many: by default few, of every kind of body."""

Place = tuple[Any, ...]


class Thing:
    """A model of an SDK, which checks nothing."""

    __pydantic_extra__ = None

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update({name: things(value) for name, value in fields.items()})


def things(value: Any) -> Any:
    """A body as an SDK gives it."""
    if isinstance(value, list):
        return [things(each) for each in value]
    return Thing(value) if isinstance(value, dict) else value


# -- bodies with one thing wrong --------------------------------------------------------------


def places(body: Any, here: Place = ()) -> Iterator[Place]:
    """The path of every place in a body."""
    yield here
    rows = body if isinstance(body, dict) else range(len(body)) if isinstance(body, list) else ()
    for step in rows:
        yield from places(body[step], (*here, step))


def changed(body: Any, path: Place, value: Any) -> Any:
    """The body with one place of it changed; the rest is shared."""
    if not path:
        return value
    step, *rest = path
    found = body.copy()
    if not rest and value is DELETED:
        del found[step]
    else:
        found[step] = changed(body[step], tuple(rest), value)
    return found


def mutants(body: Any, odd: tuple[Any, ...] = ODD) -> Iterator[tuple[Place, Any, Any]]:
    """Every body with one place changed, after where that is, and what stands there."""
    for path in places(body):
        for value in (*odd, DELETED) if path else odd:
            yield path, "nothing" if value is DELETED else value, changed(body, path, value)


# -- how each SDK's calls reach its adapter ---------------------------------------------------


class Client:
    """A client of a Stainless-made SDK."""

    _base_url = "https://api.example.com/v1/"


def _stainless(path: str, body: Any) -> Arguments:
    options = SimpleNamespace(method="post", url=path, json_data=body, headers={})
    target = Target("sdk", "SyncAPIClient._request")
    return Arguments(target, Client(), (object, options), {"stream": False})


def _gemini(path: str, body: Any) -> Arguments:
    if not path.startswith("models/"):
        return _stainless(path, body)
    sent = SimpleNamespace(url=f"https://example.com/v1beta/{path}", data=body)
    return Arguments(Target("sdk", "Client._request", API_REQUEST), None, (sent,), {})


def _mistral(path: str, body: Any) -> Arguments:
    sent = SimpleNamespace(
        method="POST",
        url=SimpleNamespace(path=path),
        headers={"content-type": "application/json"},
        content=json.dumps(body).encode(),
    )
    return Arguments(Target("sdk", "BaseSDK.do_request"), None, (), {"request": sent})


def _bedrock(operation: str, body: Any) -> Arguments:
    name, _, path = operation.partition(" ")
    sent = {"url_path": path or "/model/m/x", "url": "https://x", "body": json.dumps(body).encode()}
    model = SimpleNamespace(name=name)
    return Arguments(Target("sdk", "BaseClient._make_request"), None, (model, sent), {})


def _huggingface(task: str, body: Any) -> Arguments:
    sent = SimpleNamespace(task=task, url="https://x/m", json=body, data=None, model="m")
    return Arguments(Target("sdk", "InferenceClient._inner_post"), None, (sent,), {})


def _called(function: str, /, **kwargs: Any) -> Arguments:
    return Arguments(Target("sdk", function), None, (), kwargs)


WAYS: dict[str, Callable[[str, Any], Arguments]] = {
    "gemini": _gemini,
    "generativeai": lambda path, body: _called(f"Client.{path}", request=body),
    "cohere": lambda path, body: _called(
        "HttpClient.request", sent=fern_request(path, body, None, stream=False)
    ),
    "mistral": _mistral,
    "bedrock": _bedrock,
    "huggingface": _huggingface,
    "ollama": lambda path, body: _called("Client._request", url=path, json=body),
    "ai21": lambda path, body: _called("StudioResource._post", path=path, body=body),
    "voyage": lambda path, body: _called("APIRequestor.request", url=path, params=body),
    "litellm": lambda path, body: _called(f"{path}.original_function", **body),
}


def asked(case: dict[str, Any], body: Any) -> tuple[Request, Surface]:
    """What an adapter makes of a request."""
    arguments = WAYS.get(case["provider"], _stainless)(case["path"], body)
    found = PROVIDERS[case["provider"]].load().request(arguments)
    assert found is not None, "the request is taken for none of ours"
    return found


def is_invoked(case: dict[str, Any]) -> bool:
    """Whether its bodies come as bytes."""
    return case["path"] == "InvokeModel"


def answered(case: dict[str, Any], surface: Surface, body: Any) -> Response:
    """What an adapter makes of an answer."""
    if surface.binary and isinstance(body, dict) and "content" in body:
        body = {**body, "content": str(body["content"]).encode(errors="replace")}
    return surface.response(Answer(json.dumps(body).encode(), {}) if is_invoked(case) else body)


def folded(case: dict[str, Any], surface: Surface, chunks: list[Any]) -> Response:
    """What an adapter makes of a stream, as the engine reads it."""
    fold = Fold()
    for chunk in chunks:
        if is_invoked(case):
            chunk = {"chunk": {"bytes": json.dumps(chunk).encode()}}  # noqa: PLW2901
        text = surface.text(chunk)
        if text is not None:
            fold.text.append(text)
        elif (delta := surface.delta(chunk)) is not None:
            fold.add(delta)
            text = delta.text
        assert text is None or isinstance(text, str), f"a chunk's text is {text!r}"
    return fold.result()


def told(request: Request, response: Response | None = None) -> list[Event]:
    """The events of a call, as a reader of the log gets them: first the prompt, then the ending."""
    builder, call = EventBuilder(), Observation(request, 1_700_000_000_000_000_000)
    first = builder.begin(call)
    call.response, call.ended = response, call.started + 5
    events = [
        Event.from_json(line) for line in encode_events(first + builder.end(call)).splitlines()
    ]
    assert {event.action for event in events[: len(first)]} <= {"tool_result", "prompt"}
    assert first, "there is no prompt"
    assert events[len(first)].action in ENDINGS, "there is no ending"
    return events


def check(body: Any, act: Callable[[Any], object], every: int = 1) -> None:
    """Try the mutants of a body, or one of some of them."""
    failures, tried = [], list(mutants(body))[::every]
    for path, value, mutant in tried:
        try:
            act(mutant)
        except Exception as error:
            failures.append(f"{path} is {value!r}: {error!r}")
    assert not failures, f"{len(failures)} of {len(tried)}:\n" + "\n".join(failures[:20])


def named(part: str, *, objects: bool = False) -> list[Any]:
    """The cases that have a part; and those again that come as objects, if it may."""
    found = [case for case in CASES if part in case]
    plain = [pytest.param(case, *([False] * objects), id=case["name"]) for case in found]
    if not objects:
        return plain
    return plain + [
        pytest.param(case, True, id=f"{case['name']}-objects")
        for case in found
        if case["provider"] in OBJECTS
    ]


# -- the tests --------------------------------------------------------------------------------


@pytest.mark.parametrize("case", named("asked"))
def test_sound_bodies_are_understood(case: dict[str, Any]) -> None:
    """The bodies that are spoiled below say something as they are."""
    request, surface = asked(case, case["asked"])
    said = [told(request, answered(case, surface, case["answered"]))] if "answered" in case else []
    if "streamed" in case:
        request, surface = asked(case, case["asked"])
        said.append(told(request, folded(case, surface, case["streamed"])))

    for events in said:
        shown = [event.to_dict() for event in events]
        assert request.operation == "batch" or "Hi" in json.dumps(shown)
        (ending,) = (event for event in shown if event["action"] in ENDINGS)
        assert (
            SAYS & (ending.get("content", {}) | ending["provenance"] | ending["extensions"]).keys()
        )


SAYS = {"text", "documents", "vectors", "choices", "media", "usage", "response_id"}


@STEPS
@pytest.mark.parametrize("case", named("asked"))
def test_requests(case: dict[str, Any], step: int) -> None:
    """Whatever a program sends, its prompt is in the log, and an ending."""

    def act(body: Any) -> None:
        request, surface = asked(case, body if isinstance(body, dict) else {"odd": body})
        told(request)
        for _, each in getattr(surface, "requests", ()):
            told(each)

    check(case["asked"], act, step)


@STEPS
@pytest.mark.parametrize(("case", "objects"), named("answered", objects=True))
def test_answers(case: dict[str, Any], objects: bool, step: int) -> None:
    """Whatever a provider answers, the ending says what can be understood of it."""
    sound = case["answered"]

    def act(body: Any) -> list[Any]:
        request, surface = asked(case, case["asked"])
        events = told(request, answered(case, surface, things(body) if objects else body))
        return [fact for event in events if event.action in ENDINGS for fact in facts_of(event)]

    facts = act(sound)
    fields = sound if isinstance(sound, dict) else {}
    idle = {name for name in fields if not FACTUAL.search(name)} - {*case.get("facts", ())}

    def keep_facts(body: Any) -> None:
        found = act(body)
        if (
            isinstance(body, dict)
            and body.keys() == fields.keys()
            and idle.issuperset(name for name in fields if body.get(name) is not fields[name])
        ):
            assert found == facts, "what stands elsewhere is lost"

    check(sound, keep_facts, every=step * SOME if objects else step)


FACTUAL = re.compile(
    "usage|meta|count|model|id$|trace|^(?:type|results|completions|predictions|outputs)$",
    re.IGNORECASE,
)
"""The fields of an answer that tokens, model or id are read from, or that tell what it is."""


def facts_of(ending: Event) -> tuple[Any, ...]:
    """What an ending says of the answer as a whole: tokens, model, id."""
    origin, counted = ending.provenance or {}, ending.metrics
    tokens = counted.tokens if counted else None
    return tokens, origin.get("response_model"), origin.get("response_id")


@STEPS
@pytest.mark.parametrize(("case", "objects"), named("streamed", objects=True))
def test_chunks(case: dict[str, Any], objects: bool, step: int) -> None:
    """Whatever a chunk brings, the stream goes on, and its end is told."""

    def act(chunks: Any) -> None:
        request, surface = asked(case, case["asked"])
        told(request, folded(case, surface, things(chunks) if objects else chunks))

    for index, chunk in enumerate(case["streamed"]):
        before, after = case["streamed"][:index], case["streamed"][index + 1 :]
        check(
            chunk,
            lambda odd, b=before, a=after: act([*b, odd, *a]),
            every=step * SOME if objects else step,
        )


# -- connections ------------------------------------------------------------------------------


class Beside:
    """A provider whose calls are begun elsewhere."""

    name = "beside"
    targets: tuple[Target, ...] = ()

    def request(self, call: Arguments) -> tuple[Request, Surface]:
        """What was observed."""
        return call.args[0], call.args[1]


READERS: dict[str, Callable[[Any], Any]] = {
    "openai.realtime": lambda begin: RealtimeSession(begin, ("h", 443), "m"),
    "openai.responses": lambda begin: ResponsesConnection(begin, ("h", 443)),
    "gemini.live": lambda begin: LiveSession(begin, ("h", 443)),
    "claude_agent": Turns,
}


def used(name: str, events: list[Any]) -> list[Event]:
    """What is logged of a connection that is used, and then closed."""
    log, target = Log(), Target("sdk", "Connection.connect")
    engine = Engine(
        Beside(),  # type: ignore[arg-type]  # it never fails
        PrivateTracer(), call_type=Call, fallback_log=Recorder(log.session),
    )  # fmt: skip
    reader = READERS[name](lambda *observed: engine.begin(Arguments(target, None, observed, {})))
    for how, event in events:
        if isinstance(event, dict):  # the hooks read nothing else
            getattr(reader, how)(event)
    reader.end(Ending.CLOSED)
    return log.events


def check_endings(events: list[Event]) -> None:
    """Each prompt has an ending."""
    answered = {
        (each.extensions or {}).get("reply_to") for each in events if each.action in ENDINGS
    }
    prompts = {each.event_id for each in events if each.action == "prompt"}
    assert prompts <= answered, "a prompt has no ending"


@STEPS
@pytest.mark.parametrize("case", CONNECTIONS, ids=lambda case: str(case["name"]))
def test_connections(case: dict[str, Any], step: int) -> None:
    """Whatever one side sends, nothing fails, and each call has one ending."""
    sound = used(case["name"], case["events"])
    assert len([each for each in sound if each.action in ENDINGS]) == case["calls"]

    for index, (how, event) in enumerate(case["events"]):

        def act(odd: Any, index: int = index, how: str = how) -> None:
            events = [*case["events"]]
            events[index] = [how, odd]
            check_endings(used(case["name"], events))

        check(event, act, step)
