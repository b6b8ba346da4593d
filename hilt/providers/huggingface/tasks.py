"""HuggingFace's other tasks: a text, a picture or a sound in, and one of them or labels out.

Each has a form of its own; what all have in common is enough to log them. They report no counts.
"""

from __future__ import annotations

from hilt import semconv
from hilt.genai.coerce import list_or_empty, str_or_none
from hilt.genai.json_values import get_path, text_or_json, to_plain_json
from hilt.genai.media import blob, blob_of_base64
from hilt.genai.values import Part, Request, Response, Surface
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import text_part

__all__ = ["TASKS", "Task", "task_request"]

TASKS = {
    "audio-classification": "text",
    "audio-to-audio": "speech",
    "automatic-speech-recognition": "text",
    "document-question-answering": "text",
    "fill-mask": "text",
    "image-classification": "text",
    "image-segmentation": "text",
    "image-to-image": "image",
    "image-to-text": "text",
    "image-to-video": "video",
    "object-detection": "text",
    "question-answering": "text",
    "sentence-similarity": "text",
    "summarization": "text",
    "table-question-answering": "text",
    "tabular-classification": "text",
    "tabular-regression": "text",
    "text-classification": "text",
    "text-to-image": "image",
    "text-to-speech": "speech",
    "text-to-video": "video",
    "token-classification": "text",
    "translation": "text",
    "visual-question-answering": "text",
    "zero-shot-classification": "text",
    "zero-shot-image-classification": "text",
}
"""The tasks that have no reader of their own, with the type of their output."""

_MODALITIES = {"image": "image", "speech": "audio", "video": "video"}
_TEXTS = ("generated_text", "summary_text", "translation_text", "text", "answer")
_INPUTS = ("inputs", "prompt", "text", "input")


def task_request(sent: HttpRequest, task: str) -> Request:
    """A request of a task.

    Args:
        sent: Its body, or in ``files`` the bytes that are the body.
        task: Its name.
    """
    value = next((sent.body[name] for name in _INPUTS if sent.body.get(name)), None)
    parts = [_input_part(value, task)] if value else []
    if isinstance(sent.files, (bytes, bytearray)):
        parts.append(blob(bytes(sent.files), None, _modality_of_input(task)))
    return Request(
        "classification" if "classification" in task else "generate_content",
        "",
        messages=[{"role": "user", "parts": parts}],
        attributes={semconv.OUTPUT_TYPE: TASKS[task]},
    )


def _input_part(value: object, task: str) -> Part:
    """A text or JSON; where the task is given a picture or a sound, that is base64."""
    modality = _modality_of_input(task)
    if modality is not None and isinstance(value, str):
        return blob_of_base64(value, None, modality)
    return text_part(text_or_json(_without_images(to_plain_json(value))))


def _without_images(value: object) -> object:
    """A question about a picture, without the picture."""
    return {**value, "image": "..."} if isinstance(value, dict) and "image" in value else value


def _modality_of_input(task: str) -> str | None:
    if task.startswith(("audio", "automatic")):
        return "audio"
    return "image" if task.startswith(("image", "object")) else None


class Task(Surface):
    """Answers of a task.

    Args:
        task: Its name.
    """

    def __init__(self, task: str) -> None:
        self.name = task
        self._modality = _MODALITIES.get(TASKS[task])

    def response(self, body: object) -> Response:
        """What was made, as a blob; a text; or labels with their scores."""
        return Response(messages=[{"role": "assistant", "parts": self._parts(body)}])

    def _parts(self, body: object) -> list[Part]:
        if isinstance(body, bytes):
            return [blob(body, None, self._modality)]
        first = get_path(body, 0) if isinstance(body, list) else body
        text = next((each for name in _TEXTS if (each := get_path(first, name))), None)
        if isinstance(text, str):
            return [text_part(text)]
        labels = [str_or_none(get_path(each, "label")) for each in list_or_empty(body)]
        if labels and all(labels):
            details = {"type": "classification", "labels": to_plain_json(body)}
            return [text_part(labels[0]), details]
        return [text_part(text_or_json(to_plain_json(body)))]
