"""Methods of SDKs that are no surfaces of their own: by what they are logged, or why not.

Patterns are those of `fnmatch`; names are as a client's: ``client.files.create``. Together with
the adapters' ``surfaces`` they name every method of these SDKs that sends a request.
"""

from __future__ import annotations

__all__ = ["NOT_OBSERVED", "NO_MODEL", "OBSERVED_AS"]

_BATCH_STATE = ("batches.list", "batches.retrieve", "batches.cancel")
_STORED_CHATS = tuple(f"chat.completions.{name}" for name in ("delete", "list", "retrieve"))
_THREAD_STATE = tuple(f"beta.threads.{name}" for name in ("create", "delete", "retrieve", "update"))
_LIVE = "an open connection or its set-up, not a request with one answer"
_SERVER_AGENT = "the provider's server runs the agent and calls the model"
_BATCH = "a batch is answered later, in files"
_VIDEO = "videos are made later, by jobs"

OBSERVED_AS: dict[str, dict[str, str]] = {
    "openai": {
        "beta.responses.create": "responses.create",
        "beta.responses.retrieve": "responses.retrieve",
        "beta.responses.cancel": "responses.cancel",
        "beta.responses.compact": "responses.compact",
        "beta.threads.runs.create_and_*": "beta.threads.runs.create",
        "beta.threads.runs.poll": "beta.threads.runs.retrieve",
        "beta.threads.runs.submit_tool_outputs_*": "beta.threads.runs.submit_tool_outputs",
        "beta.threads.create_and_run_*": "beta.threads.create_and_run",
        "beta.chat.completions.*": "chat.completions.create",
    },
    "anthropic": {
        "beta.messages.batches.create": "messages.batches.create",
        "beta.messages.batches.results": "messages.batches.results",
    },
    "writer": {"chat.parse": "chat.chat", "chat.stream": "chat.chat"},
}
"""By provider: methods that send the same request as a declared one."""

NO_MODEL: dict[str, tuple[str, ...]] = {
    "openai": (
        *("admin.*", "audio.voice*", "containers.*", "conversations.*", "files.*"),
        *("fine_tuning.*", "models.*", "safety.*", "skills.*", "uploads.*", "webhooks.*"),
        *("content_provenance_checks.*", "beta.assistants.*", "beta.threads.messages.*"),
        *("beta.threads.runs.list", "beta.threads.runs.update", "beta.threads.runs.steps.*"),
        *("chat.completions.update", "chat.completions.messages.*", "responses.delete"),
        *("*responses.input_items.*", "*responses.input_tokens.*", "beta.responses.delete"),
        *("vector_stores.files.*", "vector_stores.file_batches.*", "vector_stores.create"),
        *("vector_stores.delete", "vector_stores.list", "vector_stores.retrieve"),
        *("vector_stores.update", "beta.vector_stores.*"),
        *_STORED_CHATS,
        *_THREAD_STATE,
        *_BATCH_STATE,
    ),
    "anthropic": (
        *("organization.*", "beta.organization.*", "beta.compliance.*", "*files.*", "*models.*"),
        *("*skills.*", "*user_profiles.*", "beta.vaults.*", "beta.tunnels.*", "beta.webhooks.*"),
        *("beta.environments.*", "beta.memory_stores.*", "*messages.count_tokens"),
        *("*messages.batches.cancel", "*messages.batches.delete", "*messages.batches.list"),
        "*messages.batches.retrieve",
        "beta.messages.thread",  # It sends nothing; its turns are `beta.messages.create`.
    ),
    "groq": ("files.*", "models.*"),
    "cerebras": ("models.*",),
    "writer": (
        *("files.*", "models.*", "applications.list", "applications.retrieve"),
        *("applications.graphs.*", "graphs.add_file_to_graph", "graphs.create", "graphs.delete"),
        *("graphs.list", "graphs.remove_file_from_graph", "graphs.retrieve", "graphs.update"),
        *("graphs.upload_and_add_file_to_graph", "tools.parse_pdf"),
    ),
}
"""By provider: what manages files, keys, jobs and the like, and calls no model."""

NOT_OBSERVED: dict[str, dict[str, str]] = {
    "openai": {
        "beta.agents.*": _SERVER_AGENT,
        "beta.chatkit.*": _SERVER_AGENT,
        "*realtime.*": _LIVE,
        "live.*": _LIVE,
        "*responses.connect": _LIVE,
        "videos.*": _VIDEO,
        "evals.*": "the provider's server calls the models that it compares",
        "decisions.*": "no adapter reads decisions yet",
    },
    "anthropic": {
        "beta.agents.*": _SERVER_AGENT,
        "beta.sessions.*": _SERVER_AGENT,
        "beta.deployments.*": _SERVER_AGENT,
        "beta.deployment_runs.*": _SERVER_AGENT,
        "beta.dreams.*": _SERVER_AGENT,
    },
    "groq": {"batches.*": _BATCH},
    "writer": {
        "applications.generate_content": "the application on the server calls the model",
        "applications.jobs.*": "the application on the server calls the model",
        "graphs.question": "no adapter reads answers from graphs yet",
        "tools.*": "no adapter reads these tools yet",
        "translation.*": "no adapter reads translations yet",
        "vision.*": "no adapter reads image analyses yet",
    },
}
"""By provider: methods that call a model and are not logged, with the reasons."""
