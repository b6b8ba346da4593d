"""Mistral's OCR: a document or a picture in, the text of its pages out; paid by the page."""

from __future__ import annotations

from hilt.genai.coerce import count_or_none, list_or_empty, text_or_none, to_text
from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_url
from hilt.genai.values import Part, Request, Response, Surface, Usage
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import file_part, text_message, text_part

__all__ = ["Ocr", "ocr_request"]


def ocr_request(sent: HttpRequest) -> Request:
    """A request of ``ocr.process``."""
    parts = [_document_part(sent.body.get("document"))]
    prompt = sent.body.get("document_annotation_prompt")
    if prompt:
        parts.append(text_part(prompt))
    return Request(
        "generate_content",
        "",
        model=text_or_none(sent.body.get("model")),
        messages=[{"role": "user", "parts": parts}],
    )


def _document_part(document: object) -> Part:
    url = get_path(document, "document_url")
    if url:
        return blob_of_url(url, modality="document")
    image = get_path(document, "image_url")
    if image:
        return blob_of_url(image if isinstance(image, str) else get_path(image, "url"))
    return file_part(get_path(document, "file_id"))


class Ocr(Surface):
    """Answers of ``ocr.process``."""

    name = "ocr"

    def response(self, body: object) -> Response:
        """The text of the pages, and the annotation of the document, if one was asked for."""
        pages = list_or_empty(get_path(body, "pages"))
        text = "\n\n".join(to_text(get_path(page, "markdown")) for page in pages)
        message = text_message("assistant", text)
        annotation = get_path(body, "document_annotation")
        if annotation:
            message["parts"].append({"type": "annotation", "content": to_text(annotation)})
        usage = get_path(body, "usage_info")
        count = count_or_none(get_path(usage, "pages_processed"))
        is_annotated = bool(annotation) or any(_has_annotation(page) for page in pages)
        return Response(
            model=text_or_none(get_path(body, "model")),
            messages=[message],
            usage=None if count is None else _usage_of(count, is_annotated=is_annotated),
            raw_usage=to_plain_json(usage) if usage else None,
        )


def _has_annotation(page: object) -> bool:
    images = list_or_empty(get_path(page, "images"))
    return any(get_path(image, "image_annotation") for image in images)


def _usage_of(pages: int, *, is_annotated: bool) -> Usage:
    """The pages; those that are annotated are counted among them, and have a price of their own."""
    usage = Usage(units={"input_document_pages": pages})
    if is_annotated:
        usage.units["input_annotated_document_pages"] = pages
    return usage
