"""LangChain: a chain, and an agent with a tool, each run logged with its parents.

    pip install "hilt[langchain]" langchain langchain-openai
    python examples/langchain_integration.py

With OPENAI_API_KEY the answers come from OpenAI, without it from a provider inside this program.
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
    """The weather in a city."""
    return f"It is raining in {city}."


def main() -> None:
    """Run a chain and a tool under one handler, and tell the story that was logged."""
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
