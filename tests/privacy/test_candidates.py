"""How many places of a text are looked at, and what becomes of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from string import ascii_lowercase, ascii_uppercase

import pytest

from hilt.privacy.candidates import BLOCK, Search, most_candidates
from hilt.privacy.finding import Finding
from hilt.privacy.patterns import find


def _rest(text: str, found: list[Finding]) -> str:
    ends = [0, *(each.end for each in found)]
    starts = [*(each.start for each in found), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))


def words(count: int) -> str:
    """Words of four letters and a blank, in which nothing is to be found."""
    letters = Random(1).choices(ascii_lowercase, k=4 * count)
    return "".join(f"{''.join(each)} " for each in zip(*[iter(letters)] * 4, strict=True))


def quoted_letters(count: int) -> str:
    """Capital letters, in pairs, as in a URL where all of them are escaped."""
    return "".join(f"%{ord(each):x}" for each in Random(1).choices(ascii_uppercase, k=2 * count))


@pytest.mark.parametrize(
    "unit", ["+49 30 1234567 ", "4111111111111111 ", "a@example.com ", "12345678901, ", "::1 "]
)
def test_what_is_beyond_the_most_candidates_is_one_block(unit: str) -> None:
    """A text of nothing else is hidden to its end, as far as there is no time to look."""
    count = most_candidates(200_000) + 3_000
    text = f"Begin: {unit * count}"
    found = find(text)
    assert found[-1].end == len(text)
    assert found[-1].kind == BLOCK
    assert len(found) <= most_candidates(len(text)) + 1
    assert all(left.end <= right.start for left, right in pairwise(found))


@pytest.mark.parametrize(("length", "most"), [(0, 3_000), (100_000, 3_050), (1_000_000, 3_500)])
def test_as_many_places_as_documented_are_looked_at(length: int, most: int) -> None:
    """The first so many addresses are found one by one, and no other."""
    assert most_candidates(length) == most
    text = "a@example.com\n" * (most + 500)
    text += "." * (length - len(text))
    found = find(text)
    assert len(found) == most_candidates(len(text)) + 1
    assert found[-1] == Finding(14 * most_candidates(len(text)), len(text), BLOCK)


def test_a_block_that_begins_in_a_finding_goes_on_behind_it() -> None:
    """What was found keeps its kind, and the rest is none of it."""
    text = "ann@example.com\n203.0.113.77,\n" * 20_000
    *found, block = find(text)
    assert {each.kind for each in found} == {"email", "ip"}
    assert (block.kind, block.end) == (BLOCK, len(text))
    assert max(each.end - each.start for each in found) == len("ann@example.com")


def test_all_sorts_share_the_most_candidates() -> None:
    """A text of many sorts has a block where they have had as many together, and none is left."""
    unit = (
        "ann@example.com\n+49 30 1234567\n203.0.113.77\n4111111111111111\nDE89370400440532013000\n"
    )
    text = unit * 10_000
    found = find(text)
    assert found[-1].kind == BLOCK
    assert found[-1].end == len(text)
    assert len(found) < 2 * most_candidates(len(text))
    assert not any(each.strip() for each in _rest(text, found))


def test_no_more_places_than_documented_are_looked_at_in_all() -> None:
    """Though none of the sorts has come to its own end; the last window is looked at whole."""
    unit = "ann@example.com\n203.0.113.77\n2001:db8::17\n+49 30 1234567\n"
    text = unit * 10_000
    *found, block = find(text)
    most_in_all = 5_500 - len(text) // 500

    assert (len(text), most_in_all) == (570_000, 4_360)
    assert found[-1].end == block.start == 16 * 4_096 + 13  # one begins before, and is whole
    assert (block.kind, block.end) == (BLOCK, len(text))
    assert len(found) == 4_600


@pytest.mark.parametrize("filler", ["word ", "1 ", "%41", "\u0661 "])
def test_a_sparse_beginning_hides_no_more_and_a_dense_one_no_less(filler: str) -> None:
    """How dense a small part is decides only what is prepared."""
    dense, sparse = "\n+49 30 1234567 ann@example.com" * 20_000, filler * 60_000
    for text in (f"{sparse}{dense}", f"{dense}{sparse}"):
        found = find(text)
        assert found[-1].kind == BLOCK
        assert found[-1].end == len(text)
        assert "ann@" not in "".join(_rest(text, found))


def test_a_block_is_hidden_where_one_of_its_kinds_is_asked_for() -> None:
    """Nobody looked whether it is in it; what is not asked for needs no look."""
    text = "12345678901, " * 10_000
    assert find(text, frozenset(("card",)))[-1].kind == BLOCK
    assert find(text, frozenset(("email",))) == []


@pytest.mark.parametrize(
    "text",
    [
        "a@b.co " * 9_000 + "%41%42 a@b.co " * 30_000,
        "%20a@b.co " * 30_000,
        "a@b.co " * 4_000 + "%41%42" * 100_000,
        "%41%42" * 100_000 + "a@b.co " * 9_000,
    ],
    ids=["plain then escaped", "both", "plain", "escaped"],
)
def test_what_is_hidden_of_plain_and_of_escaped_text_is_one_block(text: str) -> None:
    """Each stops at its own place; from the first of them on there is one finding, to the end."""
    found = find(text)

    assert [each.kind for each in found].count(BLOCK) == 1
    assert (found[-1].kind, found[-1].end) == (BLOCK, len(text))
    assert all(each.start < each.end for each in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


def test_escaped_and_plain_text_share_the_most_candidates() -> None:
    """What is looked at where escapes are decoded is not looked at once more."""
    plain = "ann@example.com 203.0.113.77 +49 30 1234567 "
    escaped = plain.replace(" ", "%20")
    texts = [f"{escaped * count}{' ' * 200}{plain * 20_000}" for count in (1, 500)]
    few, many = (sum(each.start > len(text) - 880_000 for each in find(text)) for text in texts)

    assert few - 4 * 500 < many < few - 2 * 500
    assert find(texts[1])[-1].end == len(texts[1])


def test_a_quarter_of_the_places_is_kept_for_the_text_as_it_stands() -> None:
    """However many there are where escapes are decoded."""
    text = "ann@example.com%20203.0.113.77%20+49 30 1234567\n" * 5_000
    found = find(text)

    assert len(found) > 2_000
    assert found[-1].start > 47 * 1_000
    assert (found[-1].kind, found[-1].end) == (BLOCK, len(text))


def test_a_search_that_has_to_begin_again_has_all_its_places() -> None:
    """A dense beginning lets it look at a part first; then the text is looked through anew."""
    dense, sparse = "ann@example.com\n203.0.113.77\n", words(10_000)
    text = f"{dense * 200}{sparse}{dense * 1_000}{sparse * 10}{dense * 500}{sparse * 12}"
    found = find(text)

    assert [each.kind for each in found] == ["email", "ip"] * 1_700


def test_what_goes_on_behind_the_part_that_is_looked_at_first_is_found() -> None:
    """Where the block is near the end of that part, the whole text is looked through."""
    length = 1_000_000
    first, next_ones = range(500), range(59_007, 200_000)

    def places(text: str) -> Iterator[Iterator[Finding]]:
        yield (Finding(each, each + 1, "card") for each in (*first, *next_ones) if each < len(text))
        yield iter([Finding(62_000, 67_000, "token")] if len(text) > 67_000 else [])

    found = Search(places, length).found_in("." * length, length)
    stop = 59_007 + most_candidates(length) - 500

    assert length // 16 - 1_000 < stop == 62_007
    assert [each for each in found if each.kind != "card"] == [
        Finding(62_000, 67_000, "token"),
        Finding(stop, length, BLOCK),
    ]


def test_a_text_whose_escapes_are_cut_has_the_places_of_all_of_it() -> None:
    """How many are looked at is said by its length, and not by that of what is left to search."""
    text = "a@b.co " * 3_300 + quoted_letters(100_000)
    found = find(text)

    assert most_candidates(len(text)) > 3_300
    assert [each.kind for each in found] == ["email"] * 3_300 + [BLOCK]


def test_what_one_sort_finds_late_is_found_where_another_has_no_more_places() -> None:
    """Its places are in order but for `FAR_BACK`: it goes on as far, for what is before."""
    length = 1_000_000

    def places(text: str) -> Iterator[Iterator[Finding]]:
        yield (Finding(each, each, "") for each in range(4_900, len(text)))
        yield iter([Finding(8_200, 8_210, "token"), Finding(8_100, 8_150, "password")])

    assert Search(places, length).found_in("." * length, length) == [
        Finding(8_200, 8_210, "token"),
        Finding(8_100, 8_150, "password"),
        Finding(4_900 + most_candidates(length), length, BLOCK),
    ]


def test_how_dense_a_text_is_takes_no_more_than_some_places_to_see() -> None:
    """A sample is left as soon as so many are there; and no more samples are taken."""
    taken = []

    def places(text: str) -> Iterator[Iterator[Finding]]:
        taken.append(0)

        def counted() -> Iterator[Finding]:
            for each in range(len(text)):
                taken[-1] += 1
                yield Finding(each, each, "")

        yield counted()

    Search(places, 2_000_000).found_in("." * 2_000_000, 2_000_000)

    assert taken == [500, most_candidates(2_000_000) + 1]


def test_a_text_is_prepared_as_far_as_its_samples_have_enough_places() -> None:
    """One is taken in each sixteenth of it."""
    seen: list[int] = []

    def places(text: str) -> Iterator[Iterator[Finding]]:
        seen.append(len(text))
        yield (Finding(each.start(), each.end(), "") for each in re.finditer("x", text))

    length, step, sample = 1_024_000, 64_000, 500
    blank, dense = "." * step, f"{'x' * 25}{'.' * (step - 25)}"  # 25 of 500: 3,200 in a part
    for parts, prepared in (
        ([dense], [sample] * 16 + [length]),
        ([blank] * 3 + [dense] * 2, [sample] * 5 + [5 * step, length]),
        ([blank] * 14 + [dense], [sample] * 16 + [length]),
    ):
        seen.clear()
        Search(places, length).found_in("".join(parts).ljust(length, "."), length)
        assert seen == prepared


def test_a_quarter_of_the_places_is_kept_for_the_text_itself() -> None:
    """However many there are in what was decoded; what is left there is left for the text, too."""
    length = 1_000_000
    text = "." * length

    def places(text: str) -> Iterator[Iterator[Finding]]:
        for _ in range(2):  # together they have 1,366 places in a window
            yield (Finding(each, each, "") for each in range(0, len(text), 6))

    search = Search(places, length)
    assert search.found_in_decoded(text) == [Finding(2 * 4_096, length, BLOCK)]
    assert search.found_in(text, length) == [Finding(4_096, length, BLOCK)]

    search = Search(places, length)
    assert search.found_in_decoded("." * 6_000) == []
    assert search.found_in(text, length) == [Finding(2 * 4_096, length, BLOCK)]

    search = Search(places, length)
    assert search.found_in(text, length) == [Finding(3 * 4_096, length, BLOCK)]
