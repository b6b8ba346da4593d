"""Methods of SDKs that are no surfaces of their own: by what they are logged, or why not.

Patterns are those of `fnmatch`; names are as a client's: ``client.files.create``. Together with
the adapters' ``surfaces`` they name every method of these SDKs that sends a request. A method that
is declared there is in no group here; one in `NOT_OBSERVED` may also match a pattern for its
resource in `NO_MODEL`.
"""

from __future__ import annotations

__all__ = ["NOT_OBSERVED", "NO_MODEL", "OBSERVED_AS"]

_BATCH_STATE = ("batches.list", "batches.retrieve", "batches.cancel")
_STORED_CHATS = tuple(f"chat.completions.{name}" for name in ("delete", "list", "retrieve"))
_THREAD_STATE = tuple(f"beta.threads.{name}" for name in ("create", "delete", "retrieve", "update"))
_LIVE = "no adapter reads this open connection yet"
_SERVER_AGENT = "the provider's server runs the agent and calls the model"
_BATCH = "a batch is answered later, in files"
_VIDEO = "videos are made later, by jobs"
_IMAGE = "no adapter reads these images yet"
_TOKENS_ONLY = "a model alone reads and writes token numbers, and has no texts"
_NO_TEXT = "its pipeline writes no text"
_POOLED = "no adapter reads what is pooled, but for embeddings"
_BY_TOKENS = "its model is given token numbers, without the texts"
_LITELLM = "only what LiteLLM sends by an SDK is logged, by the adapter of that SDK"
_SERVER_JUDGE = "the provider's server calls the models that judge"
_SERVER_SUMMARY = "the provider's server calls the model"
_SERVER_DATA = "it is data of a server, and no run of a tool"

OBSERVED_AS: dict[str, dict[str, str]] = {
    "openai": {
        "beta.realtime.connect": "realtime.connect",
        "beta.responses.connect": "responses.connect",
        "beta.responses.create": "responses.create",
        "beta.responses.retrieve": "responses.retrieve",
        "beta.responses.cancel": "responses.cancel",
        "beta.responses.compact": "responses.compact",
        "videos.create_and_poll": "videos.create",
        "videos.poll": "videos.retrieve",
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
    "ai21": {"chat.create": "chat.completions.create"},
    "cohere": {
        **{f"v2.{name}": name for name in ("chat", "chat_stream", "embed", "rerank")},
        "embed_stream": "embed",
    },
    "writer": {"chat.parse": "chat.chat", "chat.stream": "chat.chat"},
}
"""By provider: methods that send the same request as a declared one."""

NO_MODEL: dict[str, tuple[str, ...]] = {
    "openai": (
        *("admin.*", "audio.voice*", "containers.*", "conversations.*", "files.*"),
        *("fine_tuning.*", "models.*", "safety.*", "skills.*", "uploads.*", "webhooks.*"),
        *("videos.*character", "videos.delete", "videos.download_content", "videos.list"),
        *("realtime.client_secrets.*", "beta.realtime.*sessions.create"),
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
    "gemini": (
        *("aclose", "agents.*", "auth_tokens.*", "caches.*", "credentials.*", "environments.*"),
        *("batches.cancel", "batches.delete", "batches.list", "chats.create", "chats.get_history"),
        *("file_search_stores.*", "files.*", "interactions.auth_tokens.*", "interactions.delete"),
        *("models.*_tokens", "models.delete", "models.get", "models.list", "models.update"),
        *(
            "chats.record_history",
            "triggers.*",
            "tunings.*",
            "voices.*",
            "webhooks.*",
        ),
    ),
    "cohere": (
        *("*detokenize", "*tokenize", "fetch_tokenizer", "check_api_key", "codebook"),
        *("*cluster_job*", "*connector*", "*custom_model*", "*dataset*", "finetuning.*"),
        *("generate_*feedback", "models.*", "wait", "utils.*", "*detect_language"),
        *("*embed_job*", "batches.*"),
    ),
    "ai21": (
        *("add_headers", "execute_http_request", "library.*", "beta.agents.*", "beta.batches.*"),
        "beta.maestro.*",
    ),
    "mistral": (
        *("audio.agents.*", "audio.sessions.*", "audio.voices.*", "beta.agents.*"),
        *("beta.connectors.*", "beta.conversations.delete", "beta.conversations.get*"),
        *("beta.conversations.list", "beta.context.*"),
        *("beta.libraries.*", "beta.observability.*", "beta.prompts.*", "beta.rag.*"),
        *("beta.service_accounts.*", "beta.skills.*", "beta.triggers.*", "beta.users.*"),
        *("beta.webhooks.*", "batch.jobs.*", "events.*", "files.*", "fine_tuning.*", "models.*"),
        *("responses.count_input_tokens", "workflows.*"),
    ),
    "groq": ("batches.*", "files.*", "models.*"),
    "together": (
        *("audio.voices.*", "batches.*", "beta.*", "clusters.*"),
        *("code_interpreter.*", "endpoints.*", "files.*", "fine_tuning.*", "hardware.*", "jobs.*"),
        *("models.*", "organization.*", "projects.*", "post_training.*", "videos.retrieve"),
        "evals.*",
    ),
    "cerebras": ("models.*", "files.*", "batches.*"),
    "ollama": (
        *("create", "create_blob", "delete", "list", "ps", "pull", "push", "show"),
        *("web_fetch", "web_search"),
    ),
    "voyage": ("count_tokens", "count_usage", "tokenize", "tokenizer"),
    "huggingface": (
        "get_endpoint_info",
        "get_model_status",
        "health_check",
        "list_deployed_models",
    ),
    "xai": (
        *("auth.*", "batch.*", "chat.append", "chat.create", "chat.*_stored_*", "collections.*"),
        *("files.*", "models.*", "image.prepare", "video.prepare*", "video.get", "tokenize.*"),
    ),
    "fireworks": (
        *("accounts.*", "api_keys.*", "batch_inference_jobs.*", "datasets.*", "deployment*"),
        *("dpo_jobs.*", "evaluat*", "lora.*", "models.*", "reinforcement_*", "secrets.*"),
        *("supervised_*", "users.*"),
    ),
    "azure_inference": ("*.get_model_info", "*.send_request"),
    "bedrock": (
        *("count_tokens", "get_async_invoke", "list_async_invokes", "check_*", "*_session*"),
        *("*_agent_memory", "*_invocation*", "*_flow_*", "*_document_*", "*_resource"),
    ),
    "litellm": (
        *("*_agent*", "*_container*", "*_eval*", "*_fine_tuning_job", "*_run*", "*_skill*"),
        *("*file_*", "create_file", "*_batch*", "acreate_realtime*", "*_sandbox", "run_code"),
        *("arun_code", "acode_interpreter_tool", "delete_responses", "get_responses"),
        *("cancel_responses", "list_input_items", "video_content", "video_get*", "video_list"),
        *("video_status", "ingest"),
    ),
    "claude_agent": (
        *("connect", "disconnect", "get_*", "interrupt", "receive_*", "reconnect_*"),
        *("rewind_files", "set_*", "stop_task", "toggle_*"),
    ),
    "dspy": (
        *("aclose", "dump_state", "infer_provider", "inspect_history", "kill", "launch"),
        *("load_state", "update_history"),
    ),
    "vllm": (
        *("apply_model", "collective_rpc", "from_engine_args", "get_*", "set_tokenizer"),
        *("reset_*", "sleep", "wake_up", "release_kv_cache_memory", "*_profile"),
        *("*_weight_transfer_engine", "*_weight_update", "update_weight*", "preprocess_chat"),
    ),
    "mcp": (
        *("adopt", "discover*", "dispatch_input_request", "initialize*", "list_*"),
        *("send_*", "set_logging_level", "listen"),
        *("*subscribe_resource", "validate_tool_result", "complete"),
    ),
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
        "realtime.calls.*": "another connection, such as a telephone call, has the conversation",
        "realtime.translations.*": "no adapter reads this connection yet",
        "live.*": "no adapter reads this connection yet",
        "evals.*": "the provider's server calls the models that it compares",
    },
    "anthropic": {
        "beta.agents.*": _SERVER_AGENT,
        "beta.sessions.*": _SERVER_AGENT,
        "beta.deployments.*": _SERVER_AGENT,
        "beta.deployment_runs.*": _SERVER_AGENT,
        "beta.dreams.*": _SERVER_AGENT,
    },
    "gemini": {
        "live.music.*": "no adapter reads the music of this open connection yet",
        "interactions.connect": _LIVE,
        "triggers.run": _SERVER_AGENT,
    },
    "cohere": {
        "summarize": "no adapter reads summaries: the provider has retired them",
        "loglikelihood": "no adapter reads likelihoods",
        "*parse": "no adapter reads parsed documents yet",
        "batches.create": _BATCH,
        "batch_generate": _BATCH,
        "embed_jobs.create": _BATCH,
        "create_embed_job": _BATCH,
        "audio.*": "no adapter reads transcriptions of Cohere yet",
    },
    "ai21": {
        "beta.maestro.runs.create*": _SERVER_AGENT,
        "beta.agents.runs.create*": _SERVER_AGENT,
        "beta.batches.create": _BATCH,
        "beta.conversational_rag.*": "no adapter reads its answers yet",
    },
    "mistral": {
        "batch.jobs.create": _BATCH,
        "*realtime*": _LIVE,
        "beta.context.search_indexes.search": "no adapter reads these searches yet",
        "beta.context.search_indexes.generate_index_summary": _SERVER_SUMMARY,
        "beta.observability.judges.judge_conversation": _SERVER_JUDGE,
        "beta.observability.datasets.records.judge": _SERVER_JUDGE,
        "workflows.execute_*": _SERVER_AGENT,
    },
    "groq": {"batches.create": _BATCH},
    "together": {
        "batches.create": _BATCH,
        "videos.create": _VIDEO,
        "*realtime.*": _LIVE,
        "evals.create": _SERVER_JUDGE,
        "post_training.operations.sample": "a step of a training is no call of a served model",
    },
    "xai": {
        "image.sample*": _IMAGE,
        "video.generate": _VIDEO,
        "video.extend*": _VIDEO,
        "video.start": _VIDEO,
        "batch.create": _BATCH,
        "batch.add": _BATCH,
        "*compact*": "no adapter reads compacted chats yet",
        "collections.search": "no adapter reads these searches yet",
        "collections.generate_description": _SERVER_SUMMARY,
    },
    "fireworks": {"batch_inference_jobs.create": _BATCH},
    "bedrock": {
        "invoke_flow": _SERVER_AGENT,
        "start_flow_execution": _SERVER_AGENT,
        "invoke_inline_agent": _SERVER_AGENT,
        "start_async_invoke": _BATCH,
        "invoke_model_with_bidirectional_stream": _LIVE,
        "*_guardrail*": "guardrails are priced by units of text, and are no models",
        "agentic_retrieve_stream": _SERVER_AGENT,
        "generate_query": _SERVER_SUMMARY,
        "optimize_prompt": _SERVER_SUMMARY,
    },
    "litellm": {
        "anthropic_messages*": _LITELLM,
        "agenerate_content": _LITELLM,
        "amoderation": _LITELLM,
        "arealtime*": _LIVE,
        "compact_responses": _LITELLM,
        "decisions": _LITELLM,
        "create_batch": _BATCH,
        "extraction": _LITELLM,
        "image_*": _LITELLM,
        "llm_passthrough_route": _LITELLM,
        "query": _LITELLM,
        "search": _LITELLM,
        "speech": _LITELLM,
        "systemone": _LITELLM,
        "transcription": _LITELLM,
        "video_create_character": _VIDEO,
        "video_edit": _VIDEO,
        "video_extension": _VIDEO,
        "video_generation": _VIDEO,
        "video_remix": _VIDEO,
    },
    "dspy": {
        "finetune": "a job of the provider trains a model",
        "reinforce": "a job of the provider trains a model",
    },
    "transformers": {
        "generate": _TOKENS_ONLY,
        "generate_batch": _TOKENS_ONLY,
        "text2text-generation": _BY_TOKENS,
        "summarization": _BY_TOKENS,
        "translation": _BY_TOKENS,
        "feature-extraction": _BY_TOKENS,
        "decision": "no adapter reads its decisions yet",
        "*classification": _NO_TEXT,
        "*question-answering": _NO_TEXT,
        "fill-mask": _NO_TEXT,
        "*detection": _NO_TEXT,
        "*segmentation": _NO_TEXT,
        "depth-estimation": _NO_TEXT,
        "keypoint-matching": _NO_TEXT,
        "mask-generation": _NO_TEXT,
        "image-feature-extraction": _NO_TEXT,
        "image-to-image": _NO_TEXT,
        "image-to-text": _BY_TOKENS,
        "text-to-audio": _NO_TEXT,
        "automatic-speech-recognition": "no adapter reads its transcriptions yet",
    },
    "vllm": {
        "encode": _POOLED,
        "classify": _POOLED,
        "score": _POOLED,
        "reward": _POOLED,
        "AsyncLLM.*": "a server uses it, which is logged by the clients that call it",
    },
    "mcp": {"get_prompt": _SERVER_DATA, "read_resource": _SERVER_DATA},
    "writer": {
        "applications.generate_content": _SERVER_AGENT,
        "applications.jobs.*": _SERVER_AGENT,
        "graphs.question": "no adapter reads answers from graphs yet",
        "tools.*": "no adapter reads these tools yet",
        "translation.*": "no adapter reads translations yet",
        "vision.*": "no adapter reads image analyses yet",
    },
}
"""By provider: methods that call a model and are not logged, with the reasons."""
