"""Price files: what they can say, and how a wrong one is refused."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.pricing.price_file import ModelRates, PriceFile, load_price_file


def file_of(tmp_path: Path, text: str) -> Path:
    """A price file with a text."""
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(tmp_path: Path, text: str) -> PriceFile:
    """The prices of a file with a text."""
    return load_price_file(file_of(tmp_path, text))


def test_everything_that_a_row_can_say(tmp_path):
    """Names in lower case, rates by genai-prices' names, and exact."""
    prices = load(
        tmp_path,
        'currency = "USD"\n[[models]]\nprovider = "OpenAI"\nmodel = ["My-*", "b"]\ntier = "Flex"\n'
        "input = 0.1\noutput = 10\ncache_read = 0.01\ncache_write = 0.2\ncache_write_1h = 0.3\n"
        "request = 0.001\n",
    )

    assert prices.rows == (
        ModelRates(
            ("openai",),
            ("my-*", "b"),
            "flex",
            {
                "input_mtok": Decimal("0.1"),
                "output_mtok": Decimal(10),
                "cache_read_mtok": Decimal("0.01"),
                "cache_write_mtok": Decimal("0.2"),
                "cache_write_1h_mtok": Decimal("0.3"),
            },
            Decimal("0.001"),
        ),
    )
    assert prices.name == "prices.toml"
    assert prices.version.startswith("prices.toml ")
    assert len(prices.version) == len("prices.toml ") + 12


@pytest.mark.parametrize(
    ("model", "requested", "fits"),
    [
        ("gpt-9", None, True),
        (None, "GPT-9", True),
        ("gpt-9-2027-01-01", "gpt-9", True),
        ("gpt-9-20270101", "gpt-9", True),
        ("gpt-9-mini", "gpt-9", False),
        ("other", "gpt-9", False),
        ("gpt-9-32k", "gpt-9", False),
        ("gpt-9-2027-01-01-mini", "gpt-9", False),
        ("gpt-90", "gpt-9", False),
        ("my-gpt-9-20270101", "gpt-9", False),
        ("gpt-9-", "gpt-9", False),
        ("gpt-9-v1", "gpt-9", False),
        ("gpt-9@20270101", "gpt-9", True),
        ("gpt-9_0613", "gpt-9", True),
        ("gpt-9:1.5", "gpt-9", True),
        ("gpt-9-20270101-v1", "gpt-9", True),
        ("gpt-9-20270101-v1:0", "gpt-9", True),
        ("gpt-9-20270101-v1:", "gpt-9", False),
        ("gpt-9-20270101", None, False),
        (None, "gpt-9-20270101", False),
        (None, None, False),
    ],
)
def test_the_model_is_the_one_that_answered(tmp_path, model, requested, fits):
    """The requested name counts where the answer only adds a date to it, or names none."""
    prices = load(tmp_path, '[[models]]\nmodel = "gpt-9"\ninput = 1\n')

    assert bool(prices.rates_of({"openai"}, model, requested)) is fits


def test_rows_of_other_providers_do_not_fit(tmp_path):
    """A provider is one of the names that it goes by."""
    prices = load(tmp_path, '[[models]]\nprovider = "az*"\nmodel = "*"\ninput = 1\n')

    assert prices.rates_of({"azure.ai.openai", "azure"}, "m", None)
    assert not prices.rates_of({"openai"}, "m", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "models: None; expected [[models]], one or more"),
        ("models = 5", "models: 5; expected [[models]], one or more"),
        ("models = [5]", "models[1]: 5; expected a table, under [[models]]"),
        ('currency = "EUR"', "currency: 'EUR'; expected \"USD\", as all costs in a log are"),
        ("price = 1", "price: no such key (it is 1); there are currency, models"),
        ("[[models]]\ninput = 1", 'models[1].model: is missing; expected a name, as "my-model*"'),
        (
            '[[models]]\nmodel = "a"\ninput = "cheap"',
            (
                "models[1].input: 'cheap' is not a price; expected US dollars for a million tokens, "
                "as 1.25"
            ),
        ),
        (
            '[[models]]\nmodel = "a"\nrequest = -0.5',
            "models[1].request: -0.5 is not a price; expected US dollars for each request, as 1.25",
        ),
        (
            '[[models]]\nmodel = "a"\noutput = nan',
            (
                "models[1].output: NaN is not a price; expected US dollars for a million tokens, "
                "as 1.25"
            ),
        ),
        (
            '[[models]]\nmodel = "a"\noutput = true',
            (
                "models[1].output: True is not a price; expected US dollars for a million tokens, "
                "as 1.25"
            ),
        ),
        (
            '[[models]]\nmodel = "a"\ninputs = 1.5',
            (
                "models[1].inputs: no such key (it is 1.5); there are provider, model, tier, input, "
                "output, cache_read, cache_write, cache_write_1h, request"
            ),
        ),
        (
            '[[models]]\nmodel = ["a", 5]\ninput = 1',
            "models[1].model: ['a', 5]; expected a name, as \"my-model*\", or a list of names",
        ),
        (
            '[[models]]\nmodel = "a"\ninput = 1\ntier = 5',
            'models[1].tier: 5; expected a name, as "batch" or "flex"',
        ),
        (
            '[[models]]\nmodel = "a"',
            (
                "models[1]: has no price; expected one of input, output, cache_read, cache_write, "
                "cache_write_1h, request"
            ),
        ),
    ],
)
def test_a_wrong_file(tmp_path, text, message):
    """The error names the file, the key and the value, and says what is right."""
    path = file_of(tmp_path, text)

    with pytest.raises(ConfigurationError) as error:
        load_price_file(path)

    assert str(error.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("model", "requested", "fits"),
    [
        ("gpt-9@2027-01-01", "gpt-9", True),
        ("gpt-9:1.0", "gpt-9", True),
        ("gpt-9-20270101-v1:0", "gpt-9", True),
        ("gpt-9-20270101-v2", "gpt-9", True),
        ("gpt-9-v2", "gpt-9", False),
        ("gpt-9-2027x", "gpt-9", False),
        ("my-gpt-9", "gpt-9", False),
        ("gpt-9", "other", True),
        ("", "gpt-9", True),
        (None, None, False),
    ],
)
def test_model_that_answers_by_another_name(tmp_path, model, requested, fits):
    """A date, and the version of it, may follow; and nothing else."""
    prices = load(tmp_path, '[[models]]\nmodel = "gpt-9"\ninput = 1\n')

    assert bool(prices.rates_of({"openai"}, model, requested)) is fits


def test_rows_in_the_order_of_the_file(tmp_path):
    """All that fit, by any name of the model and of the provider, in whatever case."""
    prices = load(
        tmp_path,
        """
        [[models]]
        model = ["b", "A*"]
        input = 1
        [[models]]
        provider = ["x", "Open*"]
        model = "abc"
        tier = "SERVICE_TIER_FLEX"
        output = 0
        [[models]]
        provider = "other"
        model = "*"
        input = 2
        """,
    )

    assert prices.rates_of({"OPENAI", "z"}, "ABC", None) == list(prices.rows[:2])
    assert prices.rates_of({"z"}, "ABC", None) == [prices.rows[0]]
    assert prices.rates_of({"other"}, "c", None) == [prices.rows[2]]
    assert [(row.tier, dict(row.kinds), row.request) for row in prices.rows] == [
        ("", {"input_mtok": 1}, 0), ("flex", {"output_mtok": 0}, 0), ("", {"input_mtok": 2}, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models = []", "models: []; expected [[models]], one or more"),
        ("currency = 5", 'currency: 5; expected "USD", as all costs in a log are'),
        (
            '[[models]]\nmodel = "a"\ninput = 1\n[[models]]\nmodel = ""\ninput = 1',
            "models[2].model: ''; expected a name, as \"my-model*\", or a list of names",
        ),
        (
            '[[models]]\nmodel = "a"\nprovider = 1.50\ninput = 1',
            'models[1].provider: 1.50; expected a name, as "my-model*", or a list of names',
        ),
        (
            '[[models]]\nmodel = "a"\ninput = inf',
            (
                "models[1].input: Infinity is not a price; expected US dollars for a million "
                "tokens, as 1.25"
            ),
        ),
    ],
)  # fmt: skip
def test_another_wrong_file(tmp_path, text, message):
    """Whichever row and value it is."""
    path = file_of(tmp_path, text)

    with pytest.raises(ConfigurationError) as error:
        load_price_file(path)

    assert str(error.value) == f"{path}: {message}"


def test_version_says_whether_a_file_has_changed(tmp_path):
    """Its name, and the beginning of its hash."""
    text = '[[models]]\nmodel = "a"\ninput = 1\n'
    versions = [load(tmp_path, each).version for each in (text, text + "#", text)]

    assert versions[0] == versions[2] != versions[1]
    assert versions[0] == f"prices.toml {hashlib.sha256(text.encode()).hexdigest()[:12]}"
