"""What the running functions of frameworks know: Agno, Agent Framework, ADK, Haystack, ..."""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any

from hilt import semconv
from hilt._context import FrameworkContext
from hilt.genai.json_values import get_path
from hilt.instrumentation.frameworks.current_frames import CurrentFrames, FrameReader
from hilt.instrumentation.frameworks.object_ids import ObjectIds
from hilt.instrumentation.frameworks.run_steps import RunSteps

__all__ = ["observe"]


def observe(module: Any, _steps: RunSteps) -> CurrentFrames:
    """Read the frames of the framework that has this module."""
    package = module.__name__
    return CurrentFrames(package, _READERS[package])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _read_agno(_module: str, code: CodeType, frame: FrameType) -> FrameworkContext | None:
    """The output of a run is filled while the run goes on, and is passed to its functions."""
    if "run_response" not in code.co_varnames:
        return None
    run = frame.f_locals.get("run_response")
    run_id = _text(getattr(run, "run_id", None))
    if run_id is None:
        return None
    return FrameworkContext(
        "agno",
        _text(getattr(run, "session_id", None)),
        _text(getattr(run, "user_id", None)),
        _text(getattr(run, "parent_run_id", None)) or run_id,
        _text(getattr(run, "agent_name", None)) or _text(getattr(run, "team_name", None)),
    )


def _read_agent_framework(
    _module: str, code: CodeType, frame: FrameType
) -> FrameworkContext | None:
    """A run has a context; in a stream the session and the agent's name are apart."""
    name = code.co_name
    if name.startswith("_run_") and "ctx" in code.co_freevars + code.co_varnames:
        context = frame.f_locals.get("ctx")
        session, agent = get_path(context, "session"), get_path(context, "agent_name")
        run = _RUNS.id_of(get_path(context, "session_context"))
    elif "invocation_session" in code.co_varnames:
        session, agent, run = frame.f_locals.get("invocation_session"), None, None
    elif name == "_pull_next_update":
        update = getattr(frame.f_locals.get("self"), "_map_update", None)
        session, agent, run = None, get_path(getattr(update, "keywords", None), "agent_name"), None
    else:
        return None
    conversation = _text(getattr(session, "session_id", None))
    return FrameworkContext("agent-framework", conversation, run=run, agent=_text(agent))


def _read_semantic_kernel(module: str, code: CodeType, frame: FrameType) -> FrameworkContext | None:
    """An agent's methods are given the thread that they work on."""
    if not module.startswith("semantic_kernel.agents.") or "self" not in code.co_varnames:
        return None
    if "thread" not in code.co_varnames and "agent_thread" not in code.co_varnames:
        return None
    known = frame.f_locals
    agent, thread = known.get("self"), known.get("thread") or known.get("agent_thread")
    return FrameworkContext(
        "semantic-kernel",
        _text(getattr(thread, "id", None)),
        run=_RUNS.id_of(thread) if thread is not None else None,
        agent=_text(getattr(agent, "name", None)),
    )


def _read_haystack(module: str, code: CodeType, frame: FrameType) -> FrameworkContext | None:
    """A component knows its name and the span of its pipeline, an agent its own run."""
    if "component_name" in code.co_varnames and module.startswith("haystack.core."):
        known = frame.f_locals
        is_agent = type(known.get("instance")).__name__ == "Agent"
        name = _text(known.get("component_name"))
        run = _RUNS.id_of(known.get("parent_span"))
        return FrameworkContext("haystack", run=run, agent=name if is_agent else None, node=name)
    if module == "haystack.components.agents.agent" and "exe_context" in code.co_varnames:
        run = _RUNS.id_of(frame.f_locals.get("exe_context"))
        return FrameworkContext("haystack", run=run)
    return None


def _read_adk(_module: str, code: CodeType, frame: FrameType) -> FrameworkContext | None:
    """The invocation is passed to the functions of its flow."""
    if "invocation_context" not in code.co_varnames:
        return None
    invocation = frame.f_locals.get("invocation_context")
    session = getattr(invocation, "session", None)
    return FrameworkContext(
        "google-adk",
        _text(getattr(session, "id", None)),
        _text(getattr(session, "user_id", None)),
        _text(getattr(invocation, "invocation_id", None)),
        _text(getattr(getattr(invocation, "agent", None), "name", None)),
    )


def _read_strands(module: str, code: CodeType, frame: FrameType) -> FrameworkContext | None:
    """The event loop is given its agent, which has the session that it is kept in."""
    if module != "strands.event_loop.event_loop" or "agent" not in code.co_varnames:
        return None
    agent = frame.f_locals.get("agent")
    given = getattr(agent, "trace_attributes", None)
    kept = getattr(getattr(agent, "_session_manager", None), "session_id", None)
    sessions = (get_path(given, semconv.CONVERSATION_ID), get_path(given, "session.id"), kept)
    return FrameworkContext(
        "strands",
        next((each for each in map(_text, sessions) if each is not None), None),
        _text(get_path(given, semconv.USER_ID)),
        agent=_text(getattr(agent, "name", None)),
    )


_RUNS = ObjectIds()
_READERS: dict[str, FrameReader] = {
    "agno": _read_agno,
    "agent_framework": _read_agent_framework,
    "semantic_kernel": _read_semantic_kernel,
    "haystack": _read_haystack,
    "google.adk": _read_adk,
    "strands": _read_strands,
}
"""By the package of a framework."""
