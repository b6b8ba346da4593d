"""One use of each HTTP library, as a program writes it; what the program saw of the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from json import dumps
from typing import Any

import pytest

httpx = pytest.importorskip("httpx")
aiohttp = pytest.importorskip("aiohttp")
requests = pytest.importorskip("requests")
urllib3 = pytest.importorskip("urllib3")

__all__ = ["CLIENTS", "STREAMING", "Use", "outcome"]

Use = Callable[..., Any]
HOW = ("whole", "lines", "raw", "left")


def _httpx(url: str, how: str, **sent: Any) -> Any:
    with httpx.Client(timeout=5) as client:
        if how == "whole":
            response = client.post(url, **sent)
            return response.status_code, response.content
        with client.stream("POST", url, **sent) as response:
            if how == "left":
                return next(response.iter_lines())
            pieces = response.iter_raw() if how == "raw" else response.iter_bytes()
            return response.status_code, b"".join(pieces)


def _httpx_async(url: str, how: str, **sent: Any) -> Any:
    async def use() -> Any:
        async with httpx.AsyncClient(timeout=5) as client:
            if how == "whole":
                response = await client.post(url, **sent)
                return response.status_code, response.content
            async with client.stream("POST", url, **sent) as response:
                if how == "left":
                    return await response.aiter_lines().__anext__()
                pieces = response.aiter_raw() if how == "raw" else response.aiter_bytes()
                return response.status_code, b"".join([piece async for piece in pieces])

    return asyncio.run(use())


def _requests(url: str, how: str, **sent: Any) -> Any:
    with requests.post(url, stream=how != "whole", timeout=5, **sent) as response:
        if how == "whole":
            return response.status_code, response.content
        if how == "left":
            return next(response.iter_lines())
        if how == "raw":
            return response.status_code, response.raw.read()
        return response.status_code, b"".join(response.iter_content(7))


def _urllib3(url: str, how: str, **sent: Any) -> Any:
    sent["body"] = dumps(sent.pop("json")).encode()  # urllib3 1.x encodes none
    sent["headers"] = {"content-type": "application/json"}
    with urllib3.PoolManager(retries=False, timeout=5) as pool:
        response = pool.request("POST", url, preload_content=how == "whole", **sent)
        try:
            if how == "whole":
                return response.status, response.data
            if how == "left":
                return response.read(1)
            decode = how != "raw"
            return response.status, b"".join(response.stream(11, decode_content=decode))
        finally:
            response.close()


def _aiohttp(url: str, how: str, **sent: Any) -> Any:
    async def use() -> Any:
        timeout = aiohttp.ClientTimeout(sock_read=5)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.post(url, **sent) as response,
        ):
            if how == "whole":
                return response.status, await response.read()
            if how == "left":
                return await response.content.readline()
            pieces = response.content.iter_any() if how == "raw" else response.content
            return response.status, b"".join([piece async for piece in pieces])

    return asyncio.run(use())


CLIENTS: dict[str, Use] = {
    "httpx": _httpx,
    "httpx.AsyncClient": _httpx_async,
    "requests": _requests,
    "urllib3": _urllib3,
    "aiohttp": _aiohttp,
}
STREAMING = ("lines", "raw", "whole")


def outcome(use: Use, *args: Any, **kwargs: Any) -> Any:
    """What a use of a library gives: its result, or the class and the text of its exception."""
    try:
        return use(*args, **kwargs)
    except Exception as error:  # any of any library is compared
        return type(error), len(error.args)
