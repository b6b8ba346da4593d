"""LiteLLM's own spans in newer releases: official names, with numbered tools and its own costs."""

from __future__ import annotations

from hilt import semconv
from hilt_otel_exporters.dialects.dialect import Content, Dialect
from hilt_otel_exporters.dialects.messages import tools_of
from hilt_otel_exporters.dialects.numbered_attributes import numbered
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["DIALECT"]


def _content(record: SpanRecord) -> Content:
    if "litellm.tools.declared" not in record.attributes:
        return Content()
    tools = numbered(record, semconv.OTHER_TOOL_PREFIX)
    return Content(tools=tools_of([{"type": "function", **each} for each in tools]))


DIALECT = Dialect(
    "litellm-spans",
    scopes=("litellm",),
    reported_cost=("litellm.cost.total",),
    content=_content,
)
