"""Whether the counts of an answer add up to the provider's own total, and what explains it if not.

The total decides, and not who answered: some hosts of an API count reasoning, or what was cached,
outside the counts of which others make them a part.
"""

from __future__ import annotations

from hilt.genai.values import Usage

__all__ = ["reconcile"]


def reconcile(usage: Usage) -> str | None:
    """Make input and output the totals that they are defined as; the reason if that is impossible.

    A count that is larger than the one it would be a part of stands outside of that.
    """
    inputs, outputs, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    reasoning = usage.reasoning_tokens or 0
    if inputs is None or outputs is None:
        return None
    cached = (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0)
    if cached > inputs and total in (None, inputs + outputs):
        usage.input_tokens = inputs = inputs + cached
        usage.total_tokens = total = None if total is None else inputs + outputs
    if total is None:
        if reasoning > outputs:
            usage.output_tokens = outputs + reasoning
        return None
    gap = total - inputs - outputs
    if gap == 0:
        return None
    if gap == reasoning:
        usage.output_tokens = outputs + reasoning
        return None
    if gap == cached:
        usage.input_tokens = inputs + cached
        return None
    if -gap in (cached, usage.cache_read_tokens, usage.cache_write_tokens):
        usage.total_tokens = inputs + outputs  # the total leaves out what was cached
        return None
    return (
        f"the counts do not add up: {inputs} input and {outputs} output tokens, "
        f"but {total} in total"
    )
