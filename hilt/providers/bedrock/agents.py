"""Bedrock's agents and knowledge bases: models that run at AWS, behind a session of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty, number_or_none, str_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.values import Delta, Part, Request, Response, Surface, ToolCallDelta, Usage
from hilt.instrumentation.step_calls import StepSurface
from hilt.providers._message_parts import text_message, text_part, tool_response
from hilt.providers._parameters import count_attribute
from hilt.providers.bedrock.rerank import Reranked, rerank_request
from hilt.recording.step_events import Step

__all__ = ["Agent", "Generated", "Retrieved", "agent_call"]

_AGENT = re.compile(r"/agents/([^/]+)/agentAliases/[^/]+/sessions/([^/]+)/text/?")
_RETRIEVE = re.compile(r"/knowledgebases/([^/]+)/retrieve/?")
_GENERATE = re.compile(r"/retrieveAndGenerate(?:Stream)?/?")
_RERANK = re.compile(r"/rerank/?")
_CONFIGURATIONS = ("knowledgeBaseConfiguration", "externalSourcesConfiguration")


def agent_call(path: str, body: object) -> tuple[Request, Surface] | None:
    """A request of ``bedrock-agent-runtime`` and what reads its answer; None for any other."""
    agent = _AGENT.fullmatch(path)
    if agent is not None:
        return _agent_request(unquote(agent[1]), unquote(agent[2]), body), Agent()
    store = _RETRIEVE.fullmatch(path)
    if store is not None:
        return _retrieve_request(body), Retrieved(unquote(store[1]))
    if _RERANK.fullmatch(path):
        return rerank_request(body), Reranked()
    return (_generate_request(body), Generated()) if _GENERATE.fullmatch(path) else None


def _agent_request(agent: str, session: str, body: object) -> Request:
    parts: list[Part] = []
    text = get_path(body, "inputText")
    if text:
        parts.append(text_part(text))
    results = _control_results(get_path(body, "sessionState"))
    messages = [{"role": "tool", "parts": [each]} for each in results]
    if parts:
        messages.append({"role": "user", "parts": parts})
    return Request(
        "invoke_agent",
        "aws.bedrock",
        messages=messages,
        attributes={semconv.AGENT_ID: agent},
        conversation=session,
        stored_history=True,
        stream=True,
    )


def _control_results(state: object) -> list[Part]:
    """What the caller's own functions gave, which the agent had asked for."""
    call_id = get_path(state, "invocationId")
    results = []
    for each in list_or_empty(get_path(state, "returnControlInvocationResults")):
        result = get_path(each, "functionResult") or get_path(each, "apiResult")
        bodies = get_path(result, "responseBody")
        texts = (
            [to_text(get_path(body, "body")) for body in bodies.values()]
            if isinstance(bodies, Mapping)
            else []
        )
        name = get_path(result, "function") or get_path(result, "apiPath")
        results.append(tool_response(call_id, "\n".join(texts), name))
    return results


class Agent(Surface):
    """The events of ``invoke_agent``; the counts are there only if its trace is enabled."""

    name = "invoke_agent"
    sends_finish_reason = False

    def __init__(self) -> None:
        self._counts = {"inputTokens": 0, "outputTokens": 0}
        self._models: set[str] = set()

    def delta(self, chunk: Any) -> Delta | None:
        """A piece of the answer, the tools that the caller is to run, or a trace's counts."""
        content = get_path(chunk, "chunk", "bytes")
        if isinstance(content, (bytes, bytearray)):
            return Delta(text=bytes(content).decode(errors="replace"))
        control = get_path(chunk, "returnControl")
        if control is not None:
            return _control_delta(control)
        trace = get_path(chunk, "trace", "trace")
        return self._trace_delta(trace) if isinstance(trace, Mapping) else None

    def _trace_delta(self, trace: Mapping[str, object]) -> Delta | None:
        """The sum of the counts of the models that ran by now."""
        for step in trace.values():
            model = get_path(step, "modelInvocationInput", "foundationModel")
            if isinstance(model, str):
                self._models.add(model)
            usage = get_path(step, "modelInvocationOutput", "metadata", "usage")
            if usage is not None:
                for name in self._counts:
                    self._counts[name] += count_or_none(get_path(usage, name)) or 0
                return Delta(response=self._response())
        return None

    def _response(self) -> Response:
        response = Response(raw_usage=dict(self._counts))
        response.usage = Usage(
            input_tokens=self._counts["inputTokens"], output_tokens=self._counts["outputTokens"]
        )
        if len(self._models) == 1:
            (response.model,) = self._models
        else:
            response.cost_unknown = "the agent's trace does not say which model took which tokens"
        return response


def _control_delta(control: object) -> Delta:
    delta = Delta()
    call_id = str_or_none(get_path(control, "invocationId"))
    for index, each in enumerate(list_or_empty(get_path(control, "invocationInputs"))):
        call = get_path(each, "functionInvocationInput") or get_path(each, "apiInvocationInput")
        arguments = {
            str(get_path(parameter, "name")): get_path(parameter, "value")
            for parameter in list_or_empty(get_path(call, "parameters"))
        }
        name = str_or_none(get_path(call, "function") or get_path(call, "apiPath"))
        delta.add_tool_calls([ToolCallDelta(index, call_id, name, arguments)])
    delta.add_finish_reason("tool_calls")
    return delta


def _generate_request(body: object) -> Request:
    configuration = get_path(body, "retrieveAndGenerateConfiguration")
    models = (get_path(configuration, name, "modelArn") for name in _CONFIGURATIONS)
    session = str_or_none(get_path(body, "sessionId"))
    return Request(
        "chat",
        "aws.bedrock",
        model=str_or_none(next((arn for arn in models if arn), None)),
        messages=[text_message("user", get_path(body, "input", "text"))],
        conversation=session,
        stored_history=session is not None,
        user=str_or_none(get_path(body, "userContext", "userId")),
    )


class Generated(Surface):
    """Answers of ``retrieve_and_generate``, with what they cite; they have no counts."""

    name = "retrieve_and_generate"
    sends_finish_reason = False

    def response(self, body: object) -> Response:
        """The text, and the documents that it cites."""
        message = text_message("assistant", get_path(body, "output", "text"))
        citations = [
            each
            for citation in list_or_empty(get_path(body, "citations"))
            for each in _references(citation)
        ]
        if citations:
            message["parts"][0]["citations"] = citations
        return Response(
            conversation=str_or_none(get_path(body, "sessionId")),
            messages=[message],
            finish_reasons=["stop"],
            outcome="filtered" if get_path(body, "guardrailAction") == "INTERVENED" else None,
        )

    def delta(self, chunk: object) -> Delta | None:
        """A piece of the text, or a citation."""
        text = get_path(chunk, "output", "text")
        if isinstance(text, str):
            return Delta(text=text)
        citation = get_path(chunk, "citation")
        references = _references(citation) or _references(get_path(citation, "citation"))
        return Delta(details={"citations": references}) if references else None


def _references(citation: object) -> list[dict[str, Any]]:
    return [_document(each) for each in list_or_empty(get_path(citation, "retrievedReferences"))]


def _document(row: object) -> dict[str, Any]:
    location = to_plain_json(get_path(row, "location"))
    document = {
        "id": str_or_none(get_path(row, "documentId")),
        "score": number_or_none(get_path(row, "score")),
        "text": str_or_none(get_path(row, "content", "text")),
        "location": location,
        "metadata": to_plain_json(get_path(row, "metadata")),
    }
    return {name: value for name, value in document.items() if value}


def _retrieve_request(body: object) -> Request:
    search = get_path(body, "retrievalConfiguration", "vectorSearchConfiguration")
    return Request(
        "retrieval",
        "aws.bedrock",
        messages=[text_message("user", get_path(body, "retrievalQuery", "text"))],
        attributes=count_attribute(semconv.RETRIEVAL_TOP_K, get_path(search, "numberOfResults")),
    )


class Retrieved(StepSurface):
    """Answers of ``retrieve``.

    Args:
        store: The knowledge base.
    """

    name = "retrieve"

    def __init__(self, store: str) -> None:
        self._store = store

    def step(self, request: Request) -> Step:
        """The retrieval, named by its knowledge base."""
        query = to_text(request.messages[0]["parts"][0]["content"])
        return Step("retrieval", "retrieval", self._store, 0, 0, input_text=query)

    def response(self, body: object) -> Response:
        """The passages with their scores."""
        rows = list_or_empty(get_path(body, "retrievalResults"))
        return Response(documents=[_document(row) for row in rows], finish_reasons=["stop"])
