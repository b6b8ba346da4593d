"""Who sells a model that HuggingFace's router reaches: the path or the model's name says it."""

from __future__ import annotations

from hilt.genai.values import Request

__all__ = ["add_seller"]

_ROUTER = "router.huggingface.co"
_COMPUTE_TIME = "hf-inference"
_POLICIES = frozenset(("", "cheapest", "fastest", "preferred"))


def add_seller(request: Request, url: str) -> None:
    """Set whose price holds, or why none does; every other host decides that by itself.

    The router's sellers have prices of their own in the price table, by HuggingFace's names of the
    models. The SDK sends the seller's name of a model; where it is another, there is no price.

    Args:
        request: With its server and model.
        url: Where it is sent.
    """
    if request.server_address != _ROUTER:
        return
    name = url.partition(f"{_ROUTER}/")[2].partition("/")[0]
    seller = (request.model or "").partition(":")[2] if name == "v1" else name
    if seller in _POLICIES:
        request.cost_unknown = "the router chooses the provider, and the answer does not say which"
    elif seller == _COMPUTE_TIME:
        request.cost_unknown = "hf-inference is paid by compute time, not by token"
    else:
        request.provider_hint = f"huggingface_{seller}"
