"""Agent frameworks over the embedded provider: what is in the log of what they did.

``python .ci/frameworks.py`` makes an environment for each framework with its newest release, runs
one program in it under `hilt.instrument` alone, and prints a Markdown table. Names of frameworks
as arguments choose some; ``FRAMEWORKS_ENVIRONMENTS`` is the folder of the environments.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
MODEL = "gpt-4o-mini"
QUESTION = "What is the weather in Paris?"
ANSWER = "It is sunny in Paris."


@dataclass
class Expected:
    """What a program has done.

    Args:
        runs: How often it ran an agent or a query.
        sessions: Its own ids of conversations, where the framework has some.
        agents: The names of its agents.
        retrievals: How often it looked for documents.
    """

    runs: int
    sessions: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    retrievals: int = 0


def get_weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: Where.
    """
    return f"Sunny in {city}."


def script(provider: Any, *, tool: str = "get_weather", before: tuple[str, ...] = ()) -> None:
    """Let the model call some tools, and answer."""
    from hilt.testing.provider import ToolCall

    for name in before:
        provider.answer("", tool_calls=[ToolCall(name, {})])
    provider.answer("", tool_calls=[ToolCall(tool, {"city": "Paris"})])
    provider.answer(ANSWER)


def openai_agents(provider: Any) -> Expected:
    """A handoff, and a tool."""
    from agents import Agent, RunConfig, Runner, function_tool, set_trace_processors

    set_trace_processors([])  # nothing is sent to OpenAI
    import hilt

    hilt.instrument(filepath=os.environ["HILT_FILEPATH"])  # its processor was among them
    weather = Agent(name="Weather", model=MODEL, tools=[function_tool(get_weather)])
    triage = Agent(name="Triage", model=MODEL, handoffs=[weather], instructions="Hand over.")
    for group in (None, "chat-7"):
        script(provider, before=("transfer_to_weather",))
        Runner.run_sync(triage, QUESTION, run_config=RunConfig(group_id=group))
    return Expected(2, frozenset(("chat-7",)), frozenset(("Triage", "Weather")))


def langgraph(provider: Any) -> Expected:
    """An agent with two threads."""
    from langchain.agents import create_agent
    from langchain_core.tools import tool
    from langchain_openai import ChatOpenAI
    from langgraph.checkpoint.memory import InMemorySaver

    agent = create_agent(
        ChatOpenAI(model=MODEL), [tool(get_weather)], name="Weather", checkpointer=InMemorySaver()
    )
    for thread in ("t1", "t2"):
        script(provider)
        question = {"messages": [{"role": "user", "content": QUESTION}]}
        agent.invoke(question, {"configurable": {"thread_id": thread}})
    return Expected(2, frozenset(("t1", "t2")), frozenset(("Weather",)))


def llama_index(provider: Any) -> Expected:
    """A query over documents, and an agent."""
    from llama_index.core import Document, VectorStoreIndex
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.embeddings.openai import OpenAIEmbedding
    from llama_index.llms.openai import OpenAI

    index = VectorStoreIndex.from_documents(
        [Document(text="HILT logs calls.")], embed_model=OpenAIEmbedding()
    )
    provider.answer("It logs calls.")
    index.as_query_engine(llm=OpenAI(model=MODEL)).query("What does HILT do?")
    script(provider)
    agent = FunctionAgent(name="Weather", tools=[get_weather], llm=OpenAI(model=MODEL))

    async def run() -> None:
        await agent.run(QUESTION)

    asyncio.run(run())
    return Expected(3, agents=frozenset(("Weather",)), retrievals=1)  # one builds the index


def pydantic_ai(provider: Any) -> Expected:
    """An agent with two conversations."""
    from pydantic_ai import Agent

    agent = Agent(f"openai-chat:{MODEL}", name="Weather", tools=[get_weather])
    for conversation in ("c1", "c2"):
        script(provider)
        agent.run_sync(QUESTION, conversation_id=conversation)
    return Expected(2, frozenset(("c1", "c2")), frozenset(("Weather",)))


def strands(provider: Any) -> Expected:
    """An agent with a session in the attributes of its spans."""
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel

    script(provider)
    agent = Agent(
        model=OpenAIModel(model_id=MODEL, client_args={"api_key": "test"}),
        tools=[tool(get_weather)],
        name="Weather",
        callback_handler=None,
        trace_attributes={"session.id": "s1"},
    )
    agent(QUESTION)
    return Expected(1, frozenset(("s1",)), frozenset(("Weather",)))


def google_adk(provider: Any) -> Expected:
    """An agent in a session."""
    from google.adk.agents import Agent
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    script(provider)
    agent = Agent(name="Weather", model="gemini-2.5-flash", tools=[get_weather])
    runner = InMemoryRunner(agent, app_name="weather")

    async def run() -> None:
        await runner.session_service.create_session(
            app_name="weather", user_id="alice", session_id="s1"
        )
        message = types.Content(role="user", parts=[types.Part(text=QUESTION)])
        async for _ in runner.run_async(user_id="alice", session_id="s1", new_message=message):
            pass

    asyncio.run(run())
    return Expected(1, frozenset(("s1",)), frozenset(("Weather",)))


def agno(provider: Any) -> Expected:
    """An agent in a session."""
    from agno.agent import Agent
    from agno.models.openai import OpenAIChat

    script(provider)
    agent = Agent(model=OpenAIChat(id=MODEL), tools=[get_weather], name="Weather", telemetry=False)
    agent.run(QUESTION, session_id="s1", user_id="alice")
    return Expected(1, frozenset(("s1",)), frozenset(("Weather",)))


def smolagents(provider: Any) -> Expected:
    """An agent that calls tools."""
    from smolagents import OpenAIServerModel, ToolCallingAgent, tool

    from hilt.testing.provider import ToolCall

    provider.answer("", tool_calls=[ToolCall("get_weather", {"city": "Paris"})])
    provider.answer("", tool_calls=[ToolCall("final_answer", {"answer": ANSWER})])
    model = OpenAIServerModel(MODEL, api_key="test", api_base=provider.openai_url)
    agent = ToolCallingAgent([tool(get_weather)], model, name="Weather", verbosity_level=0)
    agent.run(QUESTION)
    return Expected(1, agents=frozenset(("Weather",)))


def agent_framework(provider: Any) -> Expected:
    """An agent in a session."""
    from agent_framework.openai import OpenAIChatClient

    script(provider)
    agent = OpenAIChatClient(model=MODEL).as_agent(name="Weather", tools=[get_weather])

    async def run() -> str:
        session = agent.create_session()
        await agent.run(QUESTION, session=session)
        return str(session.session_id)

    session = asyncio.run(run())
    return Expected(1, frozenset((session,)), frozenset(("Weather",)))


def semantic_kernel(provider: Any) -> Expected:
    """An agent in a thread."""
    from semantic_kernel.agents import ChatCompletionAgent
    from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion
    from semantic_kernel.functions import kernel_function

    class Weather:
        @kernel_function
        def get_weather(self, city: str) -> str:
            """Tell the weather."""
            return get_weather(city)

    script(provider, tool="Weather-get_weather")
    agent = ChatCompletionAgent(
        service=OpenAIChatCompletion(ai_model_id=MODEL), name="Weather", plugins=[Weather()]
    )

    async def run() -> str:
        answer = await agent.get_response(messages=QUESTION)
        return str(answer.thread.id)

    thread = asyncio.run(run())
    return Expected(1, frozenset((thread,)), frozenset(("Weather",)))


def haystack(provider: Any) -> Expected:
    """An agent in a pipeline, whose component names it."""
    from haystack import Pipeline
    from haystack.components.agents import Agent
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage
    from haystack.tools import create_tool_from_function

    script(provider)
    tools = [create_tool_from_function(get_weather)]
    pipeline = Pipeline()
    agent = Agent(chat_generator=OpenAIChatGenerator(model=MODEL), tools=tools)
    pipeline.add_component("Weather", agent)
    pipeline.run({"Weather": {"messages": [ChatMessage.from_user(QUESTION)]}})
    return Expected(1, agents=frozenset(("Weather",)))


def crewai(provider: Any) -> Expected:
    """A crew of one agent."""
    from crewai import LLM, Agent, Crew, Task
    from crewai.tools import tool

    script(provider)
    model = LLM(model=f"openai/{MODEL}", base_url=provider.openai_url, api_key="test")
    agent = Agent(role="Weather", goal="Answer.", backstory="-", llm=model,
                  tools=[tool(get_weather)])  # fmt: skip
    task = Task(description=QUESTION, expected_output="The weather.", agent=agent)
    Crew(agents=[agent], tasks=[task]).kickoff()
    return Expected(1, agents=frozenset(("Weather",)))


def dspy(provider: Any) -> Expected:
    """A program of two modules, of which the second has one of its own."""
    import dspy

    class Weather(dspy.Module):  # type: ignore[misc]  # the framework is there when it runs
        def __init__(self) -> None:
            super().__init__()
            self.find = dspy.Predict("question -> weather")
            self.tell = dspy.ChainOfThought("weather -> answer")

        def forward(self, question: str) -> Any:
            return self.tell(weather=self.find(question=question).weather)

    for fields in (("weather",), ("reasoning", "answer")):
        text = "\n\n".join(f"[[ ## {name} ## ]]\n{ANSWER}" for name in fields)
        provider.answer(f"{text}\n\n[[ ## completed ## ]]")
    dspy.configure(lm=dspy.LM(f"openai/{MODEL}", api_base=provider.openai_url, cache=False))
    Weather()(question=QUESTION)
    return Expected(1, agents=frozenset(("Weather",)))


PROGRAMS: dict[str, tuple[Callable[[Any], Expected], tuple[str, ...]]] = {
    "openai-agents": (openai_agents, ("openai-agents",)),
    "langgraph": (langgraph, ("langgraph", "langchain", "langchain-openai")),
    "llama-index": (
        llama_index,
        ("llama-index-core", "llama-index-llms-openai", "llama-index-embeddings-openai"),
    ),
    "pydantic-ai": (pydantic_ai, ("pydantic-ai-slim[openai]",)),
    "google-adk": (google_adk, ("google-adk", "google-genai")),
    "strands": (strands, ("strands-agents[openai]",)),
    "agno": (agno, ("agno", "openai")),
    "agent-framework": (agent_framework, ("agent-framework-core", "agent-framework-openai")),
    "semantic-kernel": (semantic_kernel, ("semantic-kernel",)),
    "haystack": (haystack, ("haystack-ai",)),
    "smolagents": (smolagents, ("smolagents[openai]",)),
    "crewai": (crewai, ("crewai",)),
    "dspy": (dspy, ("dspy",)),
}
"""Each framework's program, and the distributions that it needs."""


def run(name: str) -> dict[str, object]:
    """Run a program in this environment; what its log has."""
    import hilt
    from hilt.testing import Provider

    program, distributions = PROGRAMS[name]
    path = os.environ["HILT_FILEPATH"]
    with Provider() as provider:
        os.environ.update(
            OPENAI_BASE_URL=provider.openai_url,
            OPENAI_API_BASE=provider.openai_url,
            OPENAI_API_KEY="test",
            GOOGLE_GEMINI_BASE_URL=provider.url,
            GOOGLE_API_KEY="test",
            CREWAI_DISABLE_TELEMETRY="true",
            CREWAI_TRACING_ENABLED="false",
        )
        hilt.instrument(filepath=path)
        expected = program(provider)
        hilt.uninstrument()
        made = sum(request.parsed is not None for request in provider.requests)
    events = list(hilt.Session(path, mode="r").read())
    version = metadata.version(distributions[0].partition("[")[0])
    return {"version": version, "made": made, **facts(events, expected)}


def facts(events: list[Any], expected: Expected) -> dict[str, object]:
    """What the events of a log say of what was done."""
    endings = [each for each in events if each.action in ("completion", "embedding")]
    called = [each for each in events if each.action == "tool_call"]
    answered = [(each.extensions or {}).get("reply_to") for each in events
                if each.action == "tool_result"]  # fmt: skip
    sessions = {each.session_id for each in events}
    named = [(each.provenance or {}).get("agent") for each in events
             if each.action != "completion_chunk"]  # fmt: skip
    agents = "-" if not expected.agents else "no"
    if expected.agents and expected.agents == {each for each in named if each}:
        agents = "every event" if all(named) else "yes"
    own = "-" if not expected.sessions else "yes" if expected.sessions <= sessions else "no"
    steps = {(each.extensions or {}).get("step") or each.action for each in events
             if each.action in ("system", "retrieval")}  # fmt: skip
    return {
        "logged": len(endings),
        "tools": f"{len(called)}, {sum(each.event_id in answered for each in called)}",
        "conversations": f"{len(sessions)} / {expected.runs}",
        "own session": own,
        "agent": agents,
        "steps": ", ".join(sorted(map(str, steps))) or "-",
    }


def run_apart(name: str, folder: Path) -> dict[str, object]:
    """Run a program in an environment of its own."""
    environment = folder / name
    python = environment / "bin" / "python"
    if not python.exists():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        _, distributions = PROGRAMS[name]
        make = ["uv", "venv", "-q", "--python", version, environment]
        subprocess.run(make, check=True)  # the names are those above
        install = ["uv", "pip", "install", "-q", "--python", python, *distributions, "-e", ROOT]
        subprocess.run(install, check=True)  # the same
    with tempfile.TemporaryDirectory() as logs:
        done = subprocess.run(  # this file
            [python, __file__, "--run", name],
            env={**os.environ, "HILT_FILEPATH": f"{logs}/{name}.jsonl"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    lines = done.stdout.splitlines()
    if done.returncode or not lines:
        return {"version": "failed", "error": done.stderr[-2000:]}
    return dict(json.loads(lines[-1]))


def main(names: list[str]) -> int:
    """Print the table; 1 if a program failed or a call is not in its log."""
    folder = Path(os.environ.get("FRAMEWORKS_ENVIRONMENTS") or tempfile.mkdtemp())
    columns = ("logged", "tools", "conversations", "own session", "agent", "steps")
    print("| framework | calls in the log / made | tool calls, with results | conversations / runs "
          "| its session | its agents | its steps |\n|---|---|---|---|---|---|---|")  # fmt: skip
    failed = False
    for name in names or PROGRAMS:
        row = run_apart(name, folder)
        failed = failed or row.get("logged") != row.get("made") or "error" in row
        row["logged"] = f"{row.get('logged')} / {row.get('made')}"
        cells = " | ".join(str(row.get(each, "")) for each in columns)
        print(f"| {name} {row['version']} | {cells} |", flush=True)
        if "error" in row:
            print(row["error"], file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        print(json.dumps(run(sys.argv[2])))
    else:
        sys.exit(main(sys.argv[1:]))
