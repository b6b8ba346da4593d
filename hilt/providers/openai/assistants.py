"""OpenAI's assistants: a run is a call, which ends when an answer first shows that it is over."""

from __future__ import annotations

import re

from hilt import semconv
from hilt.genai.coerce import as_list, str_or_none, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Failure, Request, Response, Surface
from hilt.providers._chat_completions import request_parameters, usage_of
from hilt.providers._chat_messages import message_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_part

__all__ = ["Runs", "fetch_run_request", "run_request"]

_THREAD_PATH = re.compile(r".*/threads/([^/]+)/runs.*")
_RUN_PATH = re.compile(r".*/runs/([^/]+?)(?:/cancel|/submit_tool_outputs)?/?")
_FINAL_STATUSES = frozenset(("completed", "failed", "cancelled", "expired", "incomplete"))
_ERROR_CODES = {"rate_limit_exceeded": "rate_limit", "invalid_prompt": "invalid_request"}
_FAILURES = {  # by status: outcome and error code, and the status code of what the caller stopped
    "cancelled": ("cancelled", "cancelled", 499),
    "expired": ("timeout", "timeout", 408),
}


def run_request(sent: HttpRequest) -> Request:
    """A request of ``threads.runs.create``, ``stream`` and ``threads.create_and_run``."""
    body = sent.body
    thread = _THREAD_PATH.fullmatch(sent.path)
    messages = get_path(body, "thread", "messages"), body.get("additional_messages")
    instructions = body.get("instructions"), body.get("additional_instructions")
    attributes = request_parameters(body)
    if isinstance(body.get("assistant_id"), str):
        attributes[semconv.AGENT_ID] = body["assistant_id"]
    return Request(
        "invoke_agent",
        "",
        model=str_or_none(body.get("model")),
        messages=[message for some in messages for message in as_list(some)],
        read=message_of,
        instructions=[text_part(each) for each in instructions if each] or None,
        attributes=attributes,
        tools=as_list(body.get("tools")) or None,
        conversation=thread[1] if thread else None,
        stored_history=thread is not None,
    )


def fetch_run_request(sent: HttpRequest) -> Request:
    """A request that continues a run: ``retrieve``, ``cancel``, ``submit_tool_outputs``."""
    run = _RUN_PATH.fullmatch(sent.path)
    return Request("fetch_response", "", fetched_response=run[1] if run else None)


class Runs(Surface):
    """Runs of assistants, as objects and as streams."""

    name = "beta.assistants"

    def response(self, body: object) -> Response:
        """The state of a run. Its messages stand in its thread, not here."""
        status = text_or_none(get_path(body, "status"))
        usage = get_path(body, "usage")
        is_over = status in _FINAL_STATUSES
        response = Response(
            id=text_or_none(get_path(body, "id")),
            model=get_path(body, "model") or None,
            usage=usage_of(usage),
            raw_usage=to_plain_json(usage) if usage else None,
            conversation=get_path(body, "thread_id"),
            status=status,
            pending=not is_over,
            finish_reasons=[status] if status and is_over else [],
        )
        calls = get_path(body, "required_action", "submit_tool_outputs", "tool_calls")
        if calls:
            response.messages = [message_of({"role": "assistant", "tool_calls": calls})]
        if status == "incomplete":
            response.outcome = "length"
        elif status is not None and is_over and status != "completed":
            response.failure = _failure_of(status, get_path(body, "last_error"))
        return response

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds; the SDK wraps what was sent into ``data``."""
        data = chunk if get_path(chunk, "object") else get_path(chunk, "data")
        kind = get_path(data, "object")
        if kind == "thread.message.delta":
            return _message_delta(get_path(data, "delta", "content"))
        if kind != "thread.run":
            return None
        response = self.response(data)
        delta = Delta(response=response)
        if response.finish_reasons:
            delta.finish_reasons = {0: response.finish_reasons[0]}
        delta.parts = [part for message in response.messages for part in message["parts"]]
        response.messages = []
        return delta


def _message_delta(content: object) -> Delta:
    texts = [to_text(get_path(part, "text", "value")) for part in as_list(content)]
    return Delta(text="".join(texts) or None)


def _failure_of(status: str, error: object) -> Failure:
    code = str(get_path(error, "code") or status)
    outcome, error_code, status_code = _FAILURES.get(
        status, ("failed", _ERROR_CODES.get(code, "server_error"), None)
    )
    return Failure(
        error_code=error_code,
        error_type=code,
        message=str(get_path(error, "message") or f"the run is {status}"),
        status_code=status_code,
        outcome=outcome,
        provider_code=code,
    )
