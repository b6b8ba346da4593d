"""LangChain: log a chain and a tool, each run with its parent.

    pip install ".[langchain]" langchain-openai
    python examples/langchain_integration.py

If OPENAI_API_KEY is set, the calls go to OpenAI; otherwise an embedded provider answers them.
"""

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from hilt import Session
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.testing.provider import stand_in


@tool
def get_weather(city: str) -> str:
    """Get the weather in a city."""
    return f"It is raining in {city}."


def main() -> None:
    """Run a chain and a tool with one handler, and print the log."""
    with stand_in("openai"), Session("logs/langchain.hilt.jsonl") as session:
        handler = HILTCallbackHandler(session, session_id="demo-chain")
        config = {"callbacks": [handler], "tags": ["example"]}

        prompt = ChatPromptTemplate.from_template("Explain {topic} in one sentence.")
        chain = prompt | ChatOpenAI(model="gpt-4o-mini") | StrOutputParser()
        print(chain.invoke({"topic": "the HILT format"}, config=config))

        print(get_weather.invoke({"city": "Paris"}, config=config))

        for event in session.read():
            indent = "  " * bool((event.provenance or {}).get("parent_run_id"))
            print(f"{indent}{event.action:12} {event.actor.id}")


if __name__ == "__main__":
    main()
