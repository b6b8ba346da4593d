"""``hilt demo``: calls made with a real client, and the events that they produce."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import contextmanager, nullcontext, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hilt.cli.output import counted, dollars, errors, event_table, print_json, results
from hilt.core.exceptions import ConfigurationError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai import OpenAI, OpenAIError

    from hilt.core.event import Event
    from hilt.testing.provider import Provider

__all__ = ["demo"]

_QUESTION = "In one sentence: what is Python?"
_HAIKU = "Write a haiku about log files."
_WEATHER = "Is it raining in Paris?"
_EMBEDDED = "To try it without OpenAI: hilt demo --embedded"
_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def demo(
    log: Annotated[
        Path, typer.Option("--log", help="The log that the events are appended to.")
    ] = Path("logs/hilt-demo.jsonl"),
    *,
    model: Annotated[str, typer.Option("--model", "-m", help="The model to call.")] = "gpt-4o-mini",
    embedded: Annotated[
        bool,
        typer.Option("--embedded", help="Use the embedded provider even if OPENAI_API_KEY is set."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the events as JSON lines.")
    ] = False,
) -> None:
    """Make a few calls to a model, and show the events that they produce.

    The calls are a chat, a stream, a tool call and one that is rate limited. If OPENAI_API_KEY is
    set, they go to OpenAI and cost a fraction of a cent; otherwise a provider that is embedded in
    this command answers them.
    """
    if find_spec("openai") is None:
        raise MissingDependencyError(
            'hilt demo needs the package openai: pip install "hilt[openai]"'
        )
    from hilt import instrument, uninstrument
    from hilt._config import is_disabled
    from hilt.core.ids_and_times import now

    real = bool(os.environ.get("OPENAI_API_KEY")) and not embedded
    started = now()
    if is_disabled():
        raise ConfigurationError("HILT_DISABLED is true, so nothing would be logged: unset it.")
    session = instrument("local", filepath=log, providers=["openai"])
    try:
        _make_calls(model, real=real)
        events = [event for event in session.read() if event.timestamp >= started]
    finally:
        uninstrument()
    if as_json:
        for event in events:
            print_json(event.to_dict())
    else:
        _show(events, log, real=real)


def _make_calls(model: str, *, real: bool) -> None:
    from hilt.testing.provider import Provider

    with Provider(chunk_delay=0.02) as provider:
        with _client(None if real else provider) as client:
            if not real:
                _script(provider)
            with _one_line_errors():
                _chat(client, model)
                _stream(client, model)
                _call_a_tool(client, model)
        # OpenAI answers 429 only when a limit is reached, so this one is always embedded.
        with _client(provider) as client:
            _hit_rate_limit(client, provider, model)


@contextmanager
def _client(provider: Provider | None) -> Iterator[OpenAI]:
    from openai import OpenAI

    arguments: dict[str, Any] = {}
    if provider is not None:
        arguments = {"base_url": provider.openai_url, "api_key": "demo", "max_retries": 0}
    with OpenAI(**arguments) as client:
        yield client


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Turn what the SDK raises into one line that says the way out."""
    from openai import OpenAIError

    try:
        yield
    except OpenAIError as error:
        raise ConfigurationError(f"{_reason_of(error)} {_EMBEDDED}") from error
    except UnicodeEncodeError as error:  # a header can hold ASCII only
        raise ConfigurationError(
            f"OPENAI_API_KEY: {error.reason}; an API key has ASCII characters only. {_EMBEDDED}"
        ) from error


def _reason_of(error: OpenAIError) -> str:
    from openai import APIConnectionError, APIStatusError, AuthenticationError

    if isinstance(error, APIConnectionError):
        host = error.request.url.host
        return f"No answer from {host}: check the network, the proxy and OPENAI_BASE_URL."
    if not isinstance(error, APIStatusError):
        return f"OpenAI: {error}."
    host = error.request.url.host
    if isinstance(error, AuthenticationError):
        return f"{host} refuses the key in OPENAI_API_KEY: set one that is valid."
    body = error.body.get("message") if isinstance(error.body, dict) else None
    message = " ".join(str(body or error.message).split())[:200].rstrip(" .")
    return f"{host} answers with status {error.status_code}: {message}."


def _script(provider: Provider) -> None:
    provider.answer("Python is a programming language that reads almost like plain English.")
    provider.answer("Lines fall one by one,\nnothing said is ever lost —\nmorning greps them all.")
    provider.answer(tool_calls=[("get_weather", {"city": "Paris"})])
    provider.answer("Yes, it is raining in Paris: take an umbrella.")


def _chat(client: OpenAI, model: str) -> None:
    client.chat.completions.create(model=model, messages=[_user(_QUESTION)])


def _stream(client: OpenAI, model: str) -> None:
    stream = client.chat.completions.create(
        model=model,
        messages=[_user(_HAIKU)],
        stream=True,
        stream_options={"include_usage": True},
    )
    for _ in stream:
        pass


def _call_a_tool(client: OpenAI, model: str) -> None:
    messages = [_user(_WEATHER)]
    create: Any = client.chat.completions.create
    answer = create(model=model, messages=messages, tools=[_TOOL]).choices[0].message
    if not answer.tool_calls:
        return  # a real model may answer without the tool
    messages.append(answer.model_dump(exclude_none=True))
    for call in answer.tool_calls:
        result = json.dumps({"city": "Paris", "sky": "rain", "celsius": 14})
        messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    create(model=model, messages=messages, tools=[_TOOL])


def _hit_rate_limit(client: OpenAI, provider: Provider, model: str) -> None:
    from openai import RateLimitError

    provider.fail(status=429, message="Rate limit reached. Try again in 1 s.", retry_after=1)
    with suppress(RateLimitError):  # the SDK's own exception reaches the caller
        client.chat.completions.create(model=model, messages=[_user(_QUESTION)])


def _user(text: str) -> Any:
    return {"role": "user", "content": text}


def _show(events: list[Event], log: Path, *, real: bool) -> None:
    provider = "OpenAI" if real else "the embedded provider"
    errors.print(f"Five calls made with the OpenAI client and answered by {provider}:\n")
    with nullcontext() if results.is_terminal else _wide_output():
        results.print(event_table(events), crop=False, soft_wrap=False)
    total = sum(event.metrics.cost_usd or 0 for event in events if event.metrics)
    results.print(
        f"\n{counted(len(events), 'event')} written to {log.resolve()}; total cost {dollars(total)}"
    )
    errors.print("To log the calls of your own program, add one line to it: hilt.instrument()")
    errors.print(f"\nTo read what was logged:\n{_commands_on(log)}")


def _commands_on(log: Path) -> str:
    """Commands to try on the log, as a shell takes them."""
    path = shlex.quote(str(log))
    page = shlex.quote(str(log.with_suffix(".html")))
    return f"  hilt show --last {path}\n  hilt stats {path}\n  hilt report {path} -o {page}"


@contextmanager
def _wide_output() -> Iterator[None]:
    """Lines of 140 columns: where stdout is not a terminal, they need not fit one."""
    before, results.width = results.width, 140
    try:
        yield
    finally:
        results.width = before
