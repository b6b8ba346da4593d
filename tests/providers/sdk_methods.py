"""The public methods of each SDK, named as a client has them: ``chat.completions.create``.

Clients are made without a key that is good for anything, and send nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import isfunction, ismethod
from pkgutil import walk_packages
from typing import Any

from hilt.providers.registry import PROVIDERS

__all__ = ["METHODS"]

_NO_RESOURCES = {
    *("with_raw_response", "with_streaming_response", "with_options", "copy", "close", "aio"),
    *("parent_ref", "sdk_configuration", "do_request", "do_request_async", "dynamic_import"),
}
"""What clients and resources have beside their own methods and resources."""


def of_resources(package: str) -> set[str]:
    """The methods of the synchronous resources of an SDK that Stainless or its kin have made."""
    root = import_module(f"{package}.resources")
    base = import_module(f"{package}._resource").SyncAPIResource
    modules = [
        import_module(each.name) for each in walk_packages(root.__path__, f"{root.__name__}.")
    ]
    return {
        f"{_resource(module.__name__.removeprefix(f'{root.__name__}.'))}.{name}"
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
        for name, value in vars(each).items()
        if isfunction(value) and not name.startswith("_")
    }


def _resource(module: str) -> str:
    """A resource's name: ``chat.completions`` for the module ``chat.completions.completions``."""
    parts = module.split(".")
    return ".".join(parts[:-1] if parts[-2:-1] == parts[-1:] else parts)


def of_object(client: Any, package: str, prefix: str = "") -> set[str]:
    """The methods of a client and of its resources; what is asynchronous beside them is not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Some resources say that they are experimental.
        return {
            name for name in _of_object(client, package, prefix, ()) if not name.endswith("_async")
        }


def _of_object(owner: Any, package: str, prefix: str, above: tuple[type, ...]) -> Iterator[str]:
    kind = type(owner)
    annotated = {name for each in kind.__mro__ for name in vars(each).get("__annotations__", {})}
    for name in sorted({*dir(kind), *vars(owner), *annotated} - _NO_RESOURCES):
        value = None if name.startswith("_") else getattr(owner, name, None)
        if not type(value).__module__.startswith(package) and not callable(value):
            continue
        if ismethod(value) or isfunction(value):
            if value.__module__.startswith(package):
                yield f"{prefix}{name}"
        elif _is_resource(value, package) and type(value) not in above:
            yield from _of_object(value, package, f"{prefix}{name}.", (*above, kind))


def _is_resource(value: object, package: str) -> bool:
    """Whether an attribute has methods of its own, and is no model of pydantic's."""
    is_of_sdk = type(value).__module__.startswith(package)
    return is_of_sdk and not isinstance(value, type) and not hasattr(value, "model_fields")


def of_class(cls: type, prefix: str = "") -> set[str]:
    """The public methods of a class."""
    names = {name for name in dir(cls) if callable(getattr(cls, name)) and name[0] != "_"}
    return {f"{prefix}{name}" for name in names - _NO_RESOURCES}


def _gemini() -> set[str]:
    genai = import_module("google.genai")
    client = genai.Client(api_key="test")
    chat = of_object(client.chats.create(model="m"), "google.genai", "chats.")
    return chat | of_object(client, "google.genai") | of_object(client.aio, "google.genai")


def _cohere() -> set[str]:
    cohere = import_module("cohere")
    clients = (getattr(cohere, name, None) for name in ("Client", "ClientV2"))
    return {
        name
        for client in clients
        if client is not None
        for name in of_object(client("test"), "cohere")
    }


def _mistral() -> set[str]:
    try:
        client = import_module("mistralai.client").Mistral
    except (ImportError, AttributeError):
        client = import_module("mistralai").Mistral  # up to 1.x
    return of_object(client(api_key="test"), "mistralai")


def _xai() -> set[str]:
    client = import_module("xai_sdk").Client(api_key="test")
    chat = of_object(client.chat.create("m"), "xai_sdk", "chat.")
    client.close()
    return of_object(client, "xai_sdk") | chat


def _bedrock() -> set[str]:
    session = import_module("botocore.session").Session()
    session.set_credentials("test", "test")
    clients = [
        session.create_client(service, region_name="us-east-1")
        for service in ("bedrock-runtime", "bedrock-agent-runtime")
    ]
    return {name for client in clients for name in client.meta.method_to_api_mapping}


def _azure_inference() -> set[str]:
    module = import_module("azure.ai.inference")
    return {
        method
        for name, cls in vars(module).items()
        if isinstance(cls, type) and name.endswith("Client")
        for method in of_class(cls, f"{name}.")
    }


def _mcp() -> set[str]:
    module = import_module("mcp")
    return {
        method
        for cls in (module.ClientSession, getattr(module, "Client", None))
        if cls is not None
        for method in of_class(cls)
    }


def _transformers() -> set[str]:
    """The tasks of pipelines, and what a model has that writes tokens."""
    pipelines = import_module("transformers.pipelines")
    model = import_module("transformers").GenerationMixin
    names = {name for name in of_class(model) if name.startswith("generate")}
    return {*pipelines.SUPPORTED_TASKS, *names}


def _of_sdk(package: str, name: str) -> set[str]:
    """The methods of one class."""
    return of_class(getattr(import_module(package), name))


def _litellm() -> set[str]:
    """The functions that LiteLLM's decorator watches, without the async ones of the same name."""
    litellm = import_module("litellm")
    names = {name for name in dir(litellm) if _is_watched(getattr(litellm, name, None))}
    return {name for name in names if name[0] != "a" or name[1:] not in names}


def _is_watched(value: object) -> bool:
    return isfunction(value) and hasattr(value, "__wrapped__") and value.__name__[0] != "_"


def _client(package: str, name: str, **settings: str) -> Callable[[], set[str]]:
    return lambda: of_object(getattr(import_module(package), name)(**settings), package)


def _resources_of(provider: str) -> Callable[[], set[str]]:
    return lambda: of_resources(PROVIDERS[provider].package)


METHODS: dict[str, Callable[[], set[str]]] = {
    **{
        name: _resources_of(name)
        for name in (
            *("openai", "anthropic", "groq", "together", "cerebras", "writer", "fireworks"),
        )
    },
    "gemini": _gemini,
    "cohere": _cohere,
    "ai21": _client("ai21", "AI21Client", api_key="test"),
    "mistral": _mistral,
    "ollama": _client("ollama", "Client"),
    "bedrock": _bedrock,
    "voyage": _client("voyageai", "Client", api_key="test"),
    "huggingface": _client("huggingface_hub", "InferenceClient", token="test"),
    "xai": _xai,
    "azure_inference": _azure_inference,
    "mcp": _mcp,
    "claude_agent": lambda: _of_sdk("claude_agent_sdk", "ClaudeSDKClient") | {"query"},
    "dspy": lambda: _of_sdk("dspy", "LM"),
    "transformers": _transformers,
    "vllm": lambda: _of_sdk("vllm", "LLM"),
    "litellm": _litellm,
}
"""By provider, what lists the methods of its SDK."""
