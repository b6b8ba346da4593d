"""Which requests call a model, and what is kept of their paths."""

from __future__ import annotations

import pytest

from hilt.instrumentation.model_hosts import call_path, is_model_host


@pytest.mark.parametrize(
    "host",
    [
        "api.openai.com",
        "API.OpenAI.com.",
        "eu.api.openai.com",
        "secret.openai.azure.com",
        "api.anthropic.com",
        "generativelanguage.googleapis.com",
        "us-central1-aiplatform.googleapis.com",
        "bedrock-runtime.us-east-1.amazonaws.com",
        "bedrock-runtime-fips.us-east-1.amazonaws.com",
        "vpce-1.bedrock-runtime.us-east-1.vpce.amazonaws.com",
        "api.mistral.ai",
        "api.cohere.com",
        "api.aleph-alpha.com",
        "us-south.ml.cloud.ibm.com",
    ],
)
def test_models_are_served_here(host):
    """Hosts of providers, of their regions and of their customers."""
    assert is_model_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "openai.com",
        "api.openai.com.example.com",
        "notapi.openai.com",
        "bedrock.us-east-1.amazonaws.com",
        "s3.us-east-1.amazonaws.com",
        "iam.cloud.ibm.com",
        "storage.googleapis.com",
        "localhost",
        "127.0.0.1",
        "",
    ],
)
def test_no_models_are_served_here(host):
    """Other hosts, also those that look alike."""
    assert not is_model_host(host)


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/chat/completions/", "/v1/chat/completions"),
        ("/v1/responses", "/v1/responses"),
        ("/v1/embeddings", "/v1/embeddings"),
        ("/v1/images/generations", "/v1/images/generations"),
        ("/v1/messages", "/v1/messages"),
        ("/v2/chat", "/v2/chat"),
        ("/v2/rerank", "/v2/rerank"),
        ("/v1/decisions", "/v1/decisions"),
        (
            "/openai/deployments/payroll/chat/completions",
            "/openai/deployments/{id}/chat/completions",
        ),
        ("/v1beta/models/gemini-2.5-flash:generateContent", "/v1beta/models/{id}:generateContent"),
        (
            "/v1/projects/acme/locations/us/publishers/anthropic/models/claude:streamRawPredict",
            "/v1/projects/{id}/locations/{id}/publishers/anthropic/models/{id}:streamRawPredict",
        ),
        ("/ml/v1/text/chat_stream", "/ml/v1/text/chat_stream"),
        ("/ml/v1/deployments/payroll/text/generation", "/ml/v1/deployments/{id}/text/generation"),
        ("/model/arn%3Aaws%3A123/converse", "/model/{id}/converse"),
        ("/model/meta.llama3-1:0/invoke-with-response-stream",
         "/model/{id}/invoke-with-response-stream"),
    ],
)  # fmt: skip
def test_path_of_a_call(path, kept):
    """What somebody named, or what has an id, is replaced."""
    assert call_path("POST", path) == kept


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/models"),
        ("GET", "/v1/chat/completions"),
        ("GET", "/v1/responses/resp_1"),
        ("POST", "/v1/responses/resp_1/cancel"),
        ("POST", "/v1/responses/input_tokens"),
        ("POST", "/v1/files"),
        ("POST", "/v1/batches"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/v1/messages/batches"),
        ("POST", "/v1/threads/thread_1/messages"),
        ("POST", "/v1beta/models/gemini-2.5-flash:countTokens"),
        ("POST", "/v1/projects/p/locations/l/publishers/a/models/count-tokens:rawPredict"),
        ("POST", "/v1/projects/p/locations/l/endpoints/1:predict"),
        ("DELETE", "/v1/messages"),
    ],
)
def test_request_that_calls_no_model(method, path):
    """Lists of models, files, batches, counts of tokens, and answers that are fetched."""
    assert call_path(method, path) is None


@pytest.mark.parametrize("path", ["/v1/realtime", "/v1/responses"])
def test_web_socket(path):
    """A WebSocket of a model begins with a GET."""
    assert call_path("GET", path) == path
