"""HuggingFace's SDK: which requests of its inference clients are calls of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from hilt.genai.coerce import str_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import failure_of
from hilt.genai.values import Arguments, Failure, Request, Surface, Target
from hilt.providers._chat_completions import ChatCompletions, chat_request
from hilt.providers._hosts import is_price_assumed, provider_of_host
from hilt.providers._http import HttpRequest, server_of_url
from hilt.providers.huggingface.features import Features, features_request
from hilt.providers.huggingface.generation import TextGeneration, generation_request
from hilt.providers.huggingface.hooks import EVENTS, INNER_POST
from hilt.providers.huggingface.prices import add_seller
from hilt.providers.huggingface.tasks import TASKS, Task, task_request

__all__ = ["HuggingFace"]

RequestReader = Callable[[HttpRequest], Request]

_TASKS: dict[str, tuple[RequestReader, Surface]] = {
    "conversational": (chat_request, ChatCompletions()),
    "text-generation": (generation_request, TextGeneration()),
    "feature-extraction": (features_request, Features()),
    **{task: (partial(task_request, task=task), Task(task)) for task in TASKS},
}
_NO_MODEL = "dummy"  #: what the SDK sends where an endpoint has only one model
_CLIENTS = (
    ("huggingface_hub.inference._client", "InferenceClient", ""),
    ("huggingface_hub.inference._generated._async_client", "AsyncInferenceClient", "_async"),
)
_STREAMS = ("_stream_chat_completion_response", "_stream_text_generation_response")


class HuggingFace:
    """The ``huggingface_hub`` package: `InferenceClient` and its async version."""

    name = "huggingface"
    targets: tuple[Target, ...] = (
        *(Target(module, f"{client}._inner_post", INNER_POST) for module, client, _ in _CLIENTS),
        *(
            Target(module, f"{prefix}{function}", EVENTS, optional=True)
            for module, _, prefix in _CLIENTS
            for function in _STREAMS
        ),
    )
    surfaces: Mapping[str, str] = {
        "chat_completion": "chat_completion, chat.completions.create",
        "text_generation": "text_generation",
        "feature_extraction": "feature_extraction",
        "tasks": ", ".join(task.replace("-", "_") for task in TASKS),
    }

    def request(self, call: Arguments) -> tuple[Request, Surface] | None:
        """The request and what reads its answer, by its task; None for any other task."""
        sent = call.get(0, "request_parameters")
        body, url = get_path(sent, "json"), str(get_path(sent, "url"))
        data = get_path(sent, "data")
        task = _TASKS.get(str(get_path(sent, "task")))
        if task is None or not (isinstance(body, Mapping) or isinstance(data, (bytes, bytearray))):
            return None
        read, surface = task
        body = body if isinstance(body, Mapping) else {}
        request = read(HttpRequest("post", url, body, files=data))
        model = request.model or str_or_none(get_path(sent, "model"))
        is_name = model and model != _NO_MODEL and "://" not in model
        request.model = model if is_name else None
        address, port = server_of_url(url)
        request.provider = provider_of_host(address, port, "huggingface")
        request.server_address, request.server_port = address, port
        request.price_assumed = is_price_assumed(address, port)
        add_seller(request, url)
        request.stream = call.kwargs.get("stream") is True
        return request, surface

    def failure(self, error: BaseException) -> Failure:
        """Why a call raised."""
        return failure_of(error)
