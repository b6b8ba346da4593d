"""OpenAI's assistants: a run is a call, which ends when the wire first shows that it is over."""

from __future__ import annotations

import re
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Failure, Request, Response, Surface
from hilt.providers._chat_completions import message_of, request_parameters
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options

__all__ = ["Runs", "fetch_run_request", "run_request"]

_THREAD = re.compile(r".*/threads/([^/]+)/runs.*")
_RUN = re.compile(r".*/runs/([^/]+?)(?:/cancel|/submit_tool_outputs)?/?")
_OVER = frozenset(("completed", "failed", "cancelled", "expired", "incomplete"))
_ERROR_CODES = {"rate_limit_exceeded": "rate_limit", "invalid_prompt": "invalid_request"}


def run_request(sent: Options) -> Request:
    """What ``threads.runs.create``, ``stream`` and ``threads.create_and_run`` ask for."""
    body = sent.body
    thread = _THREAD.fullmatch(sent.path)
    asked, added = get_path(body, "thread", "messages"), body.get("additional_messages")
    told = [body.get("instructions"), body.get("additional_instructions")]
    instructions = [{"type": "text", "content": to_text(each)} for each in told if each]
    attributes = request_parameters(body)
    if isinstance(body.get("assistant_id"), str):
        attributes[semconv.AGENT_ID] = body["assistant_id"]
    model = body.get("model")
    return Request(
        "invoke_agent",
        "",
        model=model if isinstance(model, str) else None,
        messages=[*as_list(asked), *as_list(added)],
        read=message_of,
        instructions=instructions or None,
        attributes=attributes,
        tools=body.get("tools"),
        conversation=thread[1] if thread else None,
        stored_history=thread is not None,
    )


def fetch_run_request(sent: Options) -> Request:
    """What goes on with a run: ``retrieve``, ``cancel``, ``submit_tool_outputs``."""
    found = _RUN.fullmatch(sent.path)
    return Request("fetch_response", "", fetched_response=found[1] if found else None)


class Runs(Surface):
    """Runs of assistants, as objects and as streams."""

    name = "beta.assistants"

    def response(self, body: Any) -> Response:
        """The state of a run. What it said stands in its thread, not here."""
        status = text_or_none(get_path(body, "status"))
        usage = get_path(body, "usage")
        over = status in _OVER
        found = Response(
            id=text_or_none(get_path(body, "id")),
            model=get_path(body, "model") or None,
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
            conversation=get_path(body, "thread_id"),
            status=status,
            pending=not over,
            finish_reasons=[status] if status and over else [],
        )
        calls = get_path(body, "required_action", "submit_tool_outputs", "tool_calls")
        if calls:
            found.messages = [message_of({"role": "assistant", "tool_calls": calls})]
        if status == "incomplete":
            found.outcome = "length"
        elif status in ("failed", "cancelled", "expired"):
            found.failure = _failure(str(status), get_path(body, "last_error"))
        return found

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds; the SDK wraps what the wire gives into ``data``."""
        data = chunk if get_path(chunk, "object") else get_path(chunk, "data")
        kind = get_path(data, "object")
        if kind == "thread.message.delta":
            return _message_delta(get_path(data, "delta", "content"))
        if kind != "thread.run":
            return None
        response = self.response(data)
        found = Delta(response=response)
        if response.finish_reasons:
            found.finish_reasons = {0: response.finish_reasons[0]}
        found.parts = [part for message in response.messages for part in message["parts"]]
        response.messages = []
        return found


def _message_delta(content: Any) -> Delta:
    texts = [to_text(get_path(part, "text", "value")) for part in as_list(content)]
    return Delta(text="".join(texts) or None)


def _failure(status: str, error: Any) -> Failure:
    code = str(get_path(error, "code") or status)
    outcome = {"cancelled": "cancelled", "expired": "timeout"}.get(status, "failed")
    known = {"cancelled": "cancelled", "timeout": "timeout"}.get(outcome)
    return Failure(
        error_code=known or _ERROR_CODES.get(code, "server_error"),
        error_type=code,
        message=str(get_path(error, "message") or f"the run is {status}"),
        status_code={"cancelled": 499, "timeout": 408}.get(outcome),
        outcome=outcome,
        provider_code=code,
    )
