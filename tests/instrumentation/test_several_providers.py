"""Several providers in one program read as one story: one conversation, one trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider

from hilt import conversation
from hilt.testing.provider import Provider
from tests.conftest import Log

anthropic = pytest.importorskip("anthropic")
genai = pytest.importorskip("google.genai")
openai = pytest.importorskip("openai")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that speaks for all three."""
    with Provider(seed=3) as running:
        yield running


def ask_all(provider: Provider) -> None:
    """The same question to three providers, one after the other."""
    with openai.OpenAI(base_url=provider.openai_url, api_key="k") as client:
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "To OpenAI"}]
        )
    with anthropic.Anthropic(base_url=provider.url, api_key="k") as client:
        client.messages.create(
            model="claude-haiku-4-5",
            max_tokens=9,
            messages=[{"role": "user", "content": "To Anthropic"}],
        )
    client = genai.Client(api_key="k", http_options={"base_url": provider.url})
    client.models.generate_content(model="gemini-2.5-flash", contents="To Gemini")


def test_conversation_moves_from_provider_to_provider(log: Log, provider: Provider) -> None:
    """`conversation` holds calls of three SDKs together, each with its own provider."""
    with conversation("x", user="alice"):
        ask_all(provider)

    told = [(event.session_id, event.action, event.actor.id) for event in log.events]
    assert told == [
        ("x", "prompt", "alice"),
        ("x", "completion", "openai"),
        ("x", "prompt", "alice"),
        ("x", "completion", "anthropic"),
        ("x", "prompt", "alice"),
        ("x", "completion", "gcp.gemini"),
    ]


def test_calls_join_the_program_s_own_trace(log: Log, provider: Provider) -> None:
    """Calls below a span of the program have its trace, and it as their parent."""
    tracer = TracerProvider().get_tracer("program")
    with tracer.start_as_current_span("request") as span:
        ask_all(provider)

    context = span.get_span_context()
    places = {
        (event.provenance["trace_id"], event.provenance["parent_span_id"]) for event in log.events
    }
    assert places == {(f"{context.trace_id:032x}", f"{context.span_id:016x}")}
    assert len({event.provenance["span_id"] for event in log.events}) == 3
