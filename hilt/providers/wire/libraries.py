"""The HTTP libraries: which function sends a request, and what its body and answer are read by."""

from __future__ import annotations

import functools
import http.client
import sys
import weakref
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hilt._context import ACTIVE
from hilt.core.guard import guard
from hilt.instrumentation.enclosing_calls import call_with, call_with_async
from hilt.instrumentation.engine import Call
from hilt.instrumentation.http_bodies import ObservedBody, attach_body
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.streams import tap, tap_async
from hilt.providers.wire.aiohttp_answers import observe_start, showing_chunks
from hilt.providers.wire.answers import Head, Inflated, body_of, inflating

__all__ = ["FUNCTIONS", "SentRequest", "WireFunction"]


class SentRequest(NamedTuple):
    """A request that is about to leave.

    Args:
        library: The HTTP library.
        method: In capitals.
        host: Without a port.
        port: Of the host.
        path: As it is sent, without its query.
        url: The whole, with its query.
        headers: Only read where a call failed: no credential of theirs is logged.
        body: Gives the body, if it is there already.
    """

    library: str
    method: str
    host: str
    port: int | None
    path: str
    url: str
    headers: Mapping[str, str]
    body: Callable[[], object]


Begin = Callable[[SentRequest], Call | None]
_Read = Callable[[tuple[Any, ...], dict[str, Any]], SentRequest]
_Observe = Callable[[Call, Any], None]


class WireFunction(NamedTuple):
    """A function that sends requests.

    Args:
        module: The module that defines it.
        path: Its path in the module.
        wrap: Given what begins a call and the function, the wrapper.
    """

    module: str
    path: str
    wrap: Callable[[Begin, Any], Callable[..., Any]]


def _sending(
    read: _Read,
    observe: _Observe,
    begin: Begin,
    original: Callable[..., Any],
) -> Callable[..., Any]:
    """A wrapper of a function that sends a request and returns the response."""

    @functools.wraps(original)
    def send(*args: Any, **kwargs: Any) -> Any:
        call = _begun(read, begin, args, kwargs)
        if call is None:
            return original(*args, **kwargs)
        try:
            response = call_with(ACTIVE, call, original, *args, **kwargs)
        except BaseException as error:
            call.end(Ending.RAISED, error)
            raise
        _observe(observe, call, response)
        return response

    return send


def _sending_async(
    read: _Read,
    observe: _Observe,
    begin: Begin,
    original: Any,
) -> Callable[..., Any]:
    """The same of a coroutine function."""

    @functools.wraps(original)
    async def send(*args: Any, **kwargs: Any) -> Any:
        call = _begun(read, begin, args, kwargs)
        if call is None:
            return await original(*args, **kwargs)
        try:
            response = await call_with_async(ACTIVE, call, original, *args, **kwargs)
        except BaseException as error:
            call.end(Ending.RAISED, error)
            raise
        _observe(observe, call, response)
        return response

    return send


def _begun(
    read: _Read,
    begin: Begin,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Call | None:
    try:
        sent = read(args, kwargs)
    except Exception:
        guard.report("looking at a request")
        return None
    return begin(sent)


def _observe(observe: _Observe, call: Call, response: Any) -> None:
    try:
        observe(call, response)
    except Exception:
        guard.report("observing an answer")
        call.end(Ending.ABANDONED)


# -- httpx ------------------------------------------------------------------------------------


def _httpx_request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> SentRequest:
    request = args[1] if len(args) > 1 else kwargs["request"]
    url = request.url
    library = type(request).__module__.partition(".")[0]
    return SentRequest(
        library,
        request.method,
        url.host,
        url.port or (80 if url.scheme == "http" else 443),
        url.raw_path.decode("ascii").partition("?")[0],
        str(url),
        request.headers,
        lambda: getattr(request, "_content", None),
    )


def _observe_httpx(call: Call, response: Any) -> None:
    body = body_of(call, Head(response.status_code, response.headers))
    inflate = inflating(response.headers) or _decoder_of_httpx(response)
    if inflate is not None:
        _watch_raw(response, body, inflate)
    attach_body(response, body)


def _decoder_of_httpx(response: Any) -> Callable[[bytes], bytes] | None:
    """What decodes a body as httpx does; None for an encoding that it has no decoder for.

    It is not the response's own decoder, which has a state, and belongs to who reads that decoded.
    """
    if not hasattr(response, "_get_content_decoder"):
        return None
    encoding = {"content-encoding": response.headers["content-encoding"]}
    decoder = type(response)(200, headers=encoding)._get_content_decoder()  # noqa: SLF001
    if type(decoder).__name__ == "IdentityDecoder":
        return None

    def decode(data: bytes) -> bytes:
        decoded = decoder.decode(data)
        return decoded if isinstance(decoded, bytes) else b"".join(decoded)  # httpx2 iterates

    return decode


def _watch_raw(response: Any, body: ObservedBody, inflate: Callable[[bytes], bytes]) -> None:
    """Show the body what is read without decoding, which ``iter_bytes`` does, too."""
    raw, raw_async = response.iter_raw, response.aiter_raw
    reading = Inflated(body, inflate)

    def iter_raw(*args: Any, **kwargs: Any) -> Any:
        source = raw(*args, **kwargs)
        return source if body.advancing else tap(source, reading)

    def aiter_raw(*args: Any, **kwargs: Any) -> Any:
        source = raw_async(*args, **kwargs)
        return source if body.advancing else tap_async(source, reading)

    response.iter_raw, response.aiter_raw = iter_raw, aiter_raw


# -- urllib3, and by way of it requests -------------------------------------------------------


def _urllib3_request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> SentRequest:
    pool = args[0]
    method, url, body, headers = [
        args[at] if len(args) > at else kwargs.get(name)
        for at, name in enumerate(("method", "url", "body", "headers"), 1)
    ]
    scheme, host, port, url = pool.scheme, pool.host, pool.port, str(url)
    if "://" in url:  # a request that a proxy forwards
        scheme, _, rest = url.partition("://")
        host, _, named = rest.partition("/")[0].rpartition("@")[2].partition(":")
        port, url = int(named or 80), f"/{rest.partition('/')[2]}"
    return SentRequest(
        "urllib3",
        str(method).upper(),
        host,
        port or (80 if scheme == "http" else 443),
        url.partition("?")[0],
        f"{scheme}://{host}{url}",
        headers or {},
        lambda: body,
    )


def _observe_urllib3(call: Call, response: Any) -> None:
    headers = response.headers
    body = body_of(call, Head(response.status, headers))
    read = getattr(response, "_body", None)
    if isinstance(read, bytes):  # it was read at once, and decoded if the caller wants that
        body.item(read)
        body.end(Ending.EXHAUSTED)
        return
    inflate = inflating(headers) or _decoder_of_urllib3(headers)
    if inflate is None:
        call.end(Ending.ABANDONED)
        return
    _watch_urllib3(response, Inflated(body, inflate))


def _decoder_of_urllib3(headers: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    make = getattr(sys.modules["urllib3.response"], "_get_decoder", None)
    if make is None:
        return None
    decompress: Callable[[bytes], bytes] = make(headers["content-encoding"]).decompress
    return decompress


def _watch_urllib3(response: Any, reading: Inflated) -> None:
    """Show what each of the two functions reads that all others of a response call."""
    watched = {
        "_fp_read": _after_read,
        "_handle_chunk": _after_chunk,
        "_update_chunk_length": _after_length,
        "close": _after_close,
    }
    reference = weakref.ref(response)  # a reference of its own would make the response a cycle
    for name, after in watched.items():
        function = getattr(type(response), name)
        setattr(response, name, _watching(reference, function, after, reading))
    response._hilt_body = reading  # noqa: SLF001 # goes when the response goes


def _watching(
    reference: weakref.ref[Any],
    function: Callable[..., Any],
    after: Callable[[Any, Inflated, Any, tuple[Any, ...]], None],
    reading: Inflated,
) -> Callable[..., Any]:
    @functools.wraps(function)
    def watched(*args: Any, **kwargs: Any) -> Any:
        response = reference()
        try:
            result = function(response, *args, **kwargs)
        except BaseException as error:
            reading.end(Ending.RAISED, error)
            raise
        try:
            after(response, reading, result, args)
        except Exception:
            guard.report("observing an answer")
        return result

    return watched


def _after_read(response: Any, reading: Inflated, data: Any, args: tuple[Any, ...]) -> None:
    """Bytes came that are not in chunks; the last ones, if the caller wanted all or none came."""
    size = args[0] if args else None
    if data:
        reading.item(data)
    missing = response.length_remaining
    left = missing - len(data or b"") if isinstance(missing, int) else None
    if left == 0 or (left is None and (size is None or not data)):
        reading.end(Ending.EXHAUSTED)
    elif size is None or (size and not data):
        reading.end(Ending.RAISED, http.client.IncompleteRead(b"", left))


def _after_chunk(_response: Any, reading: Inflated, data: Any, _args: tuple[Any, ...]) -> None:
    reading.item(data)


def _after_length(response: Any, reading: Inflated, _: Any, _args: tuple[Any, ...]) -> None:
    if response.chunk_left == 0:
        reading.end(Ending.EXHAUSTED)


def _after_close(_response: Any, reading: Inflated, _: Any, _args: tuple[Any, ...]) -> None:
    reading.close()


# -- aiohttp ----------------------------------------------------------------------------------


def _aiohttp_request(args: tuple[Any, ...], _kwargs: dict[str, Any]) -> SentRequest:
    request = args[0]
    url = request.url
    return SentRequest(
        "aiohttp",
        request.method,
        url.host,
        url.port,
        url.raw_path,
        str(url),
        request.headers,
        lambda: getattr(request.body, "_value", request.body),
    )


FUNCTIONS = (
    *(
        WireFunction(f"{library}._transports.default", path, functools.partial(wrap, *about))
        for library in ("httpx", "httpx2")
        for about in [(_httpx_request, _observe_httpx)]
        for path, wrap in (
            ("HTTPTransport.handle_request", _sending),
            ("AsyncHTTPTransport.handle_async_request", _sending_async),
        )
    ),
    WireFunction(
        "urllib3.connectionpool",
        "HTTPConnectionPool.urlopen",
        functools.partial(_sending, _urllib3_request, _observe_urllib3),
    ),
    WireFunction(
        "aiohttp.client_reqrep",
        "ClientRequest.send",
        functools.partial(_sending_async, _aiohttp_request, observe_start),
    ),
    WireFunction(
        "aiohttp.streams",
        "StreamReader._read_nowait_chunk",
        lambda _begin, original: showing_chunks(original),
    ),
)
"""Every function that is patched."""
