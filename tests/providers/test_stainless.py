"""Requests, routes and errors of the Stainless-made SDKs."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.genai.values import Arguments, Request, Surface, Target
from hilt.instrumentation.engine import Call
from hilt.instrumentation.observer import Ending
from hilt.providers import _http, _stainless
from hilt.providers._http import HttpRequest, Route, Routes, attempts_of, stainless_failure
from hilt.providers._stainless import (
    PROCESS_RESPONSE,
    REQUEST,
    StainlessAdapter,
    http_request_of,
    targets,
)

URL = SimpleNamespace(scheme="https", host="api.groq.com", port=None)
SURFACE = Surface()


def call(options: Any, *, positional: bool = True, **kwargs: Any) -> Arguments:
    """A call of ``client.request(cast_to, options, ...)``."""
    target = Target("sdk._base_client", "SyncAPIClient.request")
    args = (object, options) if positional else (object,)
    kwargs = kwargs if positional else {"options": options, **kwargs}
    return Arguments(target, SimpleNamespace(_base_url=URL), args, kwargs)


def options(**fields: Any) -> Any:
    """The options of a request."""
    return SimpleNamespace(
        **{"method": "POST", "url": "/chat", "json_data": {"model": "m"}, **fields}
    )


class Toy(StainlessAdapter):
    """An SDK with one path."""

    name = "toy"
    routes = Routes(Route("/chat", lambda sent: Request("chat", ""), SURFACE))


@pytest.mark.parametrize("positional", [True, False])
def test_request_is_read_from_its_options(positional: bool) -> None:
    """Method, path, body, stream and server, however the options were passed."""
    sent = http_request_of(call(options(), positional=positional, stream=True))

    assert sent == HttpRequest("post", "/chat", {"model": "m"}, True, None, "api.groq.com", 443)


def test_extra_body_is_part_of_the_body() -> None:
    """What a caller adds with ``extra_body`` wins, as it does for the SDK."""
    given = options(json_data={"model": "m", "seed": 1}, extra_json={"model": "n", "top_k": 3})

    sent = http_request_of(call(given))

    assert sent is not None
    assert sent.body == {"model": "n", "seed": 1, "top_k": 3}


def test_url_of_another_client_at_the_same_place_is_not_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python gives the identity of an object that is gone to a new one."""
    gone = {id(URL): (object(), ("other.example.com", 80))}
    monkeypatch.setattr(_stainless, "SERVERS", gone)
    monkeypatch.setattr(_http, "SERVERS", gone)

    sent = http_request_of(call(options()))

    assert sent is not None
    assert (sent.server_address, sent.server_port) == ("api.groq.com", 443)


@pytest.mark.parametrize("body", [None, {}])
def test_extra_body_is_all_of_a_body_that_there_is_not(body: Any) -> None:
    """A request without one gets what the caller adds; what is there stays as the SDK has it."""
    given = options(json_data=body, extra_json={"top_k": 3})

    sent = http_request_of(call(given))

    assert sent is not None
    assert sent.body == {"top_k": 3}
    assert given.json_data == body


@pytest.mark.parametrize("body", [None, "text", [1]])
def test_body_that_is_no_object_has_no_fields(body: Any) -> None:
    """A request may have none, or one of another type."""
    sent = http_request_of(call(options(json_data=body, files={"file": b""})))

    assert sent is not None
    assert (sent.body, sent.files, sent.stream) == ({}, {"file": b""}, False)


@pytest.mark.parametrize("url", [None, b"/chat", 5])
def test_what_is_no_request_is_not_read(url: Any) -> None:
    """Without a path there is nothing to recognise."""
    assert http_request_of(call(options(url=url))) is None


def test_adapter_finds_the_surface_by_the_path() -> None:
    """The request has its server, and the provider that the host names."""
    assert Toy().request(call(options(), stream=True)) == (
        Request("chat", "groq", stream=True, server_address="api.groq.com", server_port=443),
        SURFACE,
    )


def test_adapter_leaves_other_requests_alone() -> None:
    """A path that calls no model, and what is no request."""
    assert Toy().request(call(options(url="/models"))) is None
    assert Toy().request(call(options(method="get"))) is None
    assert Toy().request(call(options(url=None))) is None


# -- answers ----------------------------------------------------------------------------------


class Parsed:
    """An answer as an SDK makes a model of it."""

    model_fields: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        self._request_id = "req_1"


class ToyCall:
    """A call that can be ended at the second try only, if told so."""

    def __init__(self, content: bytes, failures: int = 0) -> None:
        self.http: Any = SimpleNamespace(content=content)
        self.observation = SimpleNamespace(request_id=None)
        self.fold: Any = None
        self.endings: list[tuple[Ending, Any]] = []
        self.failures = failures

    def end(self, how: Ending, value: Any) -> None:
        """Note it."""
        self.failures -= 1
        if self.failures >= 0:
            raise KeyError("broken")
        self.endings.append((how, value))


def test_answer_is_read_from_what_was_sent() -> None:
    """The caller has its own object, and the log has each field of the body."""
    call, answer = ToyCall(b'{"id": "c1", "new_field": 1}'), Parsed()

    assert REQUEST.observe(call, answer) is answer  # type: ignore[arg-type]
    assert call.endings == [(Ending.RETURNED, {"id": "c1", "new_field": 1})]
    assert call.observation.request_id == "req_1"


def test_error_in_observing_an_answer_reaches_no_caller() -> None:
    """It is counted, and the call has an ending; one that a stream will end has it later."""
    errors, answer = guard.errors, Parsed()
    call, streamed = ToyCall(b"{}", failures=1), ToyCall(b"{}", failures=1)
    streamed.fold = object()

    for each in (call, streamed):
        assert REQUEST.observe(each, answer) is answer  # type: ignore[arg-type]

    assert (call.endings, streamed.endings) == ([(Ending.RETURNED, answer)], [])
    assert guard.errors == errors + 2


@pytest.mark.parametrize("kwargs", [{}, {"response": None}, {"response": object()}])
def test_error_in_looking_at_a_response_reaches_no_caller(kwargs: dict[str, Any]) -> None:
    """Of another release of the SDK, it may be given otherwise."""
    errors = guard.errors
    target = Target("sdk._base_client", "SyncAPIClient._process_response")
    engine: Any = SimpleNamespace(enabled=True)
    called = PROCESS_RESPONSE.wrap(engine, target, lambda answer, **_: answer)
    token = ACTIVE.set(object.__new__(Call))
    try:
        assert called("answer", **kwargs) == "answer"
    finally:
        ACTIVE.reset(token)

    assert guard.errors == errors + 1


class ToyOfClients(Toy):
    """An SDK whose clients say more."""

    names_of_clients = {"Azure": "azure.toy", "Bedrock": "aws.toy"}  # noqa: RUF012 # a fact
    routes = Routes(
        Route("/chat", lambda sent: Request("chat", "", model=sent.body.get("model")), SURFACE,
              api="toy_api", prices="toy-prices"),
    )  # fmt: skip

    def model_of_client(self, client: object) -> str | None:
        """Each has one."""
        return "of the client"


class AzureToy:
    """A client at an unknown host."""

    _base_url = SimpleNamespace(scheme="http", host="llm.example.com", port=8000)


def test_client_says_what_the_request_does_not() -> None:
    """Whose it is, by its class, and its model; a known host knows better."""
    given = call(options(json_data={}))
    at_known_host = ToyOfClients().request(given)
    given.instance = AzureToy()
    at_own_host = ToyOfClients().request(given)
    given.args = (object, options())
    named = ToyOfClients().request(given)

    attributes = {"openai.api.type": "toy_api"}
    assert at_known_host == (
        Request("chat", "groq", model="of the client", attributes=attributes,
                server_address="api.groq.com", server_port=443),
        SURFACE,
    )  # fmt: skip
    own = Request("chat", "azure.toy", model="of the client", attributes=attributes,
                  server_address="llm.example.com", server_port=8000)  # fmt: skip
    assert at_own_host is not None
    own.price_assumed = at_own_host[0].price_assumed
    assert at_own_host == (own, SURFACE)
    assert named is not None
    assert named[0].model == "m"


def test_prices_are_those_of_the_provider_itself() -> None:
    """Not where another one serves its API."""
    given = call(options())
    given.instance = SimpleNamespace(_base_url=AzureToy._base_url)
    own, other = ToyOfClients().request(given), ToyOfClients().request(call(options()))

    assert own is not None
    assert other is not None
    assert (own[0].provider, own[0].provider_hint) == ("toy", "toy-prices")
    assert (other[0].provider, other[0].provider_hint) == (
        "groq",
        Request("chat", "").provider_hint,
    )


def test_functions_that_are_patched() -> None:
    """An SDK without the second one is observed all the same."""
    assert [(each.module, each.path, each.optional) for each in targets("sdk")] == [
        ("sdk._base_client", "SyncAPIClient.request", False),
        ("sdk._base_client", "SyncAPIClient._process_response", True),
        ("sdk._base_client", "AsyncAPIClient.request", False),
        ("sdk._base_client", "AsyncAPIClient._process_response", True),
    ]


class Answer:
    """A parsed answer of an SDK, of a class that nobody has seen yet."""

    model_fields = ("id",)

    def __init__(self) -> None:
        self._request_id = "req_1"


def test_answer_is_what_was_sent_with_the_id_of_its_request() -> None:
    """The bytes are decoded, of the first answer of its class, too."""
    ended: list[Any] = []
    observed: Any = SimpleNamespace(
        observation=SimpleNamespace(request_id=None),
        http=SimpleNamespace(content=b'{"id": "c1"}'),
        end=lambda how, body: ended.append((how, body)),
        fold=None,
    )
    answer = Answer()

    assert REQUEST.observe(observed, answer) is answer
    assert observed.observation.request_id == "req_1"
    assert ended == [(Ending.RETURNED, {"id": "c1"})]


@pytest.mark.parametrize(("url", "path"), [("/chat?api-version=1", "/chat"), ("/chat", "/chat")])
def test_path_is_without_its_query(url: str, path: str) -> None:
    """Azure's has a version in it."""
    sent = http_request_of(call(options(url=url, method="Post")))

    assert sent is not None
    assert (sent.method, sent.path) == ("post", path)


def test_extra_of_another_type_is_not_part_of_the_body() -> None:
    """Nor is one that is empty."""
    for extra in ([("top_k", 3)], "top_k", {}):
        sent = http_request_of(call(options(extra_json=extra)))
        assert sent is not None
        assert sent.body == {"model": "m"}


# -- errors -----------------------------------------------------------------------------------


def error(body: Any = None, headers: Any = None) -> Exception:
    """An exception as an SDK raises it."""
    found = Exception("Error code: 429")
    found.body, found.status_code = body, 429  # type: ignore[attr-defined]
    found.request = SimpleNamespace(headers=headers)  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize(
    ("headers", "attempts"),
    [({"x-stainless-retry-count": "2"}, 3), ({}, None), ({"x-stainless-retry-count": "x"}, None),
     (None, None)],
)  # fmt: skip
def test_attempts(headers: Any, attempts: int | None) -> None:
    """The SDK counts its retries in a header of the request."""
    assert attempts_of(error(headers=headers)) == attempts
    assert stainless_failure(error(headers=headers)).attempts == attempts


def test_attempts_of_a_response() -> None:
    """An exception may have its request in its response only."""
    found = error()
    found.request = None  # type: ignore[attr-defined]
    request = SimpleNamespace(headers={"x-stainless-retry-count": "1"})
    found.response = SimpleNamespace(request=request)  # type: ignore[attr-defined]

    assert attempts_of(found) == 2
