"""The prices of a file stand before those of genai-prices, and are never guessed either."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.genai.values import Usage
from hilt.pricing.cost import Cost, check_price_file, cost_of, cost_usd_of, use_prices
from hilt.pricing.price_file import load_price_file
from hilt.pricing.table import price_table

FILE = """
[[models]]
provider = "openai"
model = "gpt-4o-mini"
input = 1
output = 10
cache_read = 0.1
cache_write = 1.5

[[models]]
provider = ["ollama", "openrouter", "azure"]
model = "mine*"
input = 2
output = 4
request = 0.001

[[models]]
model = "mine*"
tier = "batch"
input = 1
output = 2

[[models]]
model = "per-request"
request = 0.25

[[models]]
model = "embedder"
input = 0.5
"""


@pytest.fixture
def prices(tmp_path: Path):
    """The prices of `FILE`, in use; afterwards those of the environment are again."""
    path = tmp_path / "prices.toml"
    path.write_text(FILE)
    file = load_price_file(path)
    use_prices(file)
    yield file
    use_prices(None)


@pytest.fixture
def variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes a price file, and names it in the environment."""

    def write(text: str) -> Path:
        path = tmp_path / "prices.toml"
        path.write_text(text)
        monkeypatch.setenv("HILT_PRICES", str(path))
        use_prices(None)
        return path

    yield write
    monkeypatch.delenv("HILT_PRICES", raising=False)
    use_prices(None)


@pytest.mark.parametrize(
    ("provider", "model", "usage", "options", "usd"),
    [
        ("openai", "gpt-4o-mini", Usage(1_000_000, 100_000), {}, "2"),
        ("openai", "gpt-4o-mini", Usage(1_000_000, 0, None, 500_000, 100_000), {}, "0.6"),
        ("openai", "gpt-4o-mini-2024-07-18", Usage(1_000_000, 0),
         {"request_model": "gpt-4o-mini"}, "1"),
        ("ollama", "mine:7b", Usage(1_000_000, 1_000_000), {}, "6.001"),
        ("ollama", "mine:7b", Usage(1_000_000, 0, None, 500_000, 100_000), {}, "2.001"),
        ("ollama", "mine:7b", Usage(1_000_000, 1_000_000, None, 0, 0, 0, 900_000), {}, "6.001"),
        ("azure.ai.openai", "mine", Usage(1_000_000, 0), {}, "2.001"),
        ("litellm", "openrouter/mine", Usage(1_000_000, 0), {}, "2.001"),
        ("openrouter", "mine", Usage(1_000_000, 0), {"batch": True}, "1"),
        ("openrouter", "mine", Usage(1_000_000, 0), {"service_tier": "batch"}, "1"),
        ("cohere", "per-request", Usage(units={"search_units": 1}), {}, "0.25"),
        ("voyage", "embedder", Usage(1_000_000, None), {}, "0.5"),
    ],
)  # fmt: skip
def test_cost_by_the_file(prices, provider, model, usage, options, usd):
    """Each rate is taken; cached tokens without a rate of their own cost what input costs."""
    assert cost_of(provider, model, usage, **options) == Cost(Decimal(usd), None, prices.version)


@pytest.mark.parametrize(
    ("model", "usage", "options", "why"),
    [
        ("gpt-4o-mini", Usage(10, 10), {"service_tier": "flex"},
         "prices.toml has no price for service tier flex of model gpt-4o-mini"),
        ("gpt-4o-mini", Usage(10, 10, input_audio_tokens=5), {},
         "prices.toml has no price for input_audio_tokens of model gpt-4o-mini"),
        ("gpt-4o-mini", Usage(10, 10, units={"web_searches": 1}), {},
         "prices.toml has no price for web_searches of model gpt-4o-mini"),
        ("gpt-4o-mini", Usage(10, 10, None, 0, 5, 5), {},
         "prices.toml has no price for cache_write_1h_tokens of model gpt-4o-mini"),
        ("embedder", Usage(10, 10), {},
         "prices.toml has no price for output_tokens of model embedder"),
        ("gpt-4o-mini", Usage(10, None), {},
         "the usage does not say how many input_tokens or output_tokens"),
    ],
)  # fmt: skip
def test_what_the_file_has_no_price_for(prices, model, usage, options, why):
    """The reason names the file and what is not in it."""
    assert cost_of("openai", model, usage, **options) == Cost(None, why)


def test_other_models_have_the_price_of_the_table(prices):
    """A file adds to genai-prices."""
    cost = cost_of("openai", "gpt-4o", Usage(1000, 0))

    assert cost.usd is not None
    assert cost.table is None


@pytest.mark.parametrize(
    ("model", "other", "from_file"),
    [
        ("gpt-4o-mini", "gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", True),
        ("gpt-4o", "gpt-4o", False),
        ("gpt-4o-mini", "gpt-4o-mini", True),
    ],
)
def test_a_sum_names_the_file_if_any_part_is_by_it(prices, model, other, from_file):
    """Whoever checks the sum needs to know that not all of it is from genai-prices."""
    counts = Usage(1000, 100)

    alone = [cost_of("openai", name, counts) for name in (model, other)]
    both = cost_of("openai", model, Usage(1000, 100, by_model={other: counts}))

    assert both.usd == alone[0].usd + alone[1].usd
    assert both.table == (cost_of("openai", "gpt-4o-mini", counts).table if from_file else None)


def test_the_file_of_the_environment(variable):
    """It is read when the first price is wanted; the nearest float is the same cost."""
    variable('[[models]]\nmodel = "mine"\ninput = 3\noutput = 0\n')

    usd, unknown, table = cost_usd_of(
        ("openai", "mine", None, None, False, None, None, None), Usage(1_000_000, 5), 0
    )

    assert (usd, unknown) == (3.0, None)
    assert table is not None
    assert table.startswith("prices.toml ")


def test_a_wrong_file_of_the_environment_at_set_up(variable):
    """Set-up refuses it, with an error that names it."""
    path = variable('[[models]]\nmodel = "mine"\ninput = "free"\n')

    with pytest.raises(ConfigurationError, match=r"models\[1\].input: 'free' is not a price"):
        check_price_file()

    assert str(path).endswith("prices.toml")


def test_a_wrong_file_of_the_environment_in_a_call(variable, caplog):
    """Nothing raises: calls have no cost, say why, and one warning is logged."""
    price_table()
    variable("input = ")

    costs = [cost_of("openai", model, Usage(10, 10)) for model in ("gpt-4o", "gpt-4o-mini")]

    assert [cost.usd for cost in costs] == [None, None]
    assert str(costs[0].unknown).startswith("HILT_PRICES cannot be used: ")
    assert len(caplog.records) == 1


def test_no_file_is_read_where_none_is_given(monkeypatch):
    """Without the variable there is nothing to open."""
    monkeypatch.delenv("HILT_PRICES", raising=False)
    use_prices(None)
    monkeypatch.setattr("hilt.pricing.own_prices.load_price_file", None)

    assert cost_of("openai", "gpt-4o", Usage(1000, 0)).usd is not None


def test_a_variable_that_is_set_late_counts_at_set_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A call was priced before; a program may name its file and then make an exporter."""
    use_prices(None)
    monkeypatch.delenv("HILT_PRICES", raising=False)
    usage = Usage(1_000_000, 0)
    assert cost_of("house", "house-1", usage).usd is None
    file = tmp_path / "prices.toml"
    file.write_text('[[models]]\nprovider = "house"\nmodel = "house-1"\ninput = 2\noutput = 3\n')
    monkeypatch.setenv("HILT_PRICES", str(file))
    check_price_file()

    assert cost_of("house", "house-1", usage).usd == 2
    monkeypatch.setenv("HILT_PRICES", str(tmp_path / "other.toml"))
    with pytest.raises(ConfigurationError, match=r"other\.toml: cannot be read"):
        check_price_file()
    use_prices(None)


@pytest.mark.parametrize("units", [{"web_searches": 0}, {"web_fetches": 3}, {}])
def test_what_was_not_used_or_is_free_needs_no_price(prices, units: dict[str, int]) -> None:
    """A count of 0, as providers send it, asks for nothing."""
    usage = Usage(1_000_000, 0, units=units)

    assert cost_of("openai", "gpt-4o-mini", usage).usd == Decimal(1)


def test_what_was_used_needs_a_price(prices) -> None:
    """The cost would be too low without it."""
    cost = cost_of("openai", "gpt-4o-mini", Usage(1_000_000, 0, units={"web_searches": 1}))

    assert cost.usd is None
    assert "no price for web_searches" in str(cost.unknown)


def test_path_of_the_environment_with_spaces_around_it(variable, monkeypatch):
    """As a file of variables may have it; and spaces alone name no file."""
    path = variable('[[models]]\nmodel = "mine"\ninput = 3\n')
    monkeypatch.setenv("HILT_PRICES", f" {path}\n")
    use_prices(None)
    assert cost_of("openai", "mine", Usage(1_000_000)).usd == 3

    monkeypatch.setenv("HILT_PRICES", "  ")
    use_prices(None)
    assert cost_of("openai", "mine", Usage(1_000_000)).usd is None


def test_file_that_is_read_at_set_up_is_read_once(variable, monkeypatch):
    """Unless the variable names another one, or what it names was wrong."""
    reads = []

    def reading(path):
        reads.append(str(path))
        return load_price_file(path)

    monkeypatch.setattr("hilt.pricing.own_prices.load_price_file", reading)
    path = variable('[[models]]\nmodel = "mine"\ninput = 3\n')
    for _ in range(2):
        check_price_file()
    assert cost_of("openai", "mine", Usage(1_000_000)).usd == 3
    assert reads == [str(path)]

    path.write_text("input = ")
    use_prices(None)
    assert cost_of("openai", "mine", Usage(1_000_000)).usd is None
    path.write_text('[[models]]\nmodel = "mine"\ninput = 4\n')
    check_price_file()
    assert cost_of("openai", "mine", Usage(1_000_000)).usd == 4
    assert reads == [str(path)] * 3


def test_prices_that_are_given_stand_before_those_of_the_environment(variable, prices):
    """The file that the variable names is not even read."""
    path = variable("input = ")
    use_prices(prices)
    check_price_file()

    assert cost_of("openai", "gpt-4o-mini", Usage(1_000_000, 0)).usd == 1
    assert path.exists()


@pytest.mark.parametrize(
    ("provider", "model", "options", "usd"),
    [
        ("litellm", "ollama/mine", {}, "2.001"),
        ("litellm", "ollama/mine-20260101", {"request_model": "ollama/mine"}, "2.001"),
        ("litellm", None, {"request_model": "ollama/mine"}, "2.001"),
        ("litellm", "ollama/mine/7b", {}, "2.001"),
        ("litellm", "mine", {"provider_hint": "openrouter"}, "2.001"),
        ("acme", "mine", {"provider_hint": "openrouter"}, "2.001"),
        ("openai", "GPT-4o-mini", {}, "1"),
        ("acme", "per-request", {}, "0.25"),
    ],
)
def test_names_that_a_provider_goes_by(prices, provider, model, options, usd):
    """LiteLLM's prefix, the caller's hint, and whatever case it is written in."""
    assert cost_of(provider, model, Usage(1_000_000, 0), **options) == Cost(
        Decimal(usd), None, prices.version
    )


@pytest.mark.parametrize(
    ("provider", "model", "options", "why"),
    [
        ("acme", "mine", {},
         "prices.toml has no price for model mine without a service tier"),
        ("litellm", None, {}, "the model is not known"),
        ("openai", None, {"request_model": "gpt-4o-mini", "service_tier": "flex"},
         "prices.toml has no price for service tier flex of model gpt-4o-mini"),
        ("litellm", "mine", {},
         "prices.toml has no price for model mine without a service tier"),
    ],
)  # fmt: skip
def test_reason_where_the_file_has_only_a_tier_or_no_model(prices, provider, model, options, why):
    """A row for batches is no price of other calls."""
    assert cost_of(provider, model, Usage(1_000_000, 0), **options) == Cost(None, why)


def test_reason_names_the_model_that_was_asked_for(prices):
    """Where the answer names none."""
    cost = cost_of("openai", None, Usage(10, 10, input_audio_tokens=5), request_model="gpt-4o-mini")

    assert cost.unknown == "prices.toml has no price for input_audio_tokens of model gpt-4o-mini"
