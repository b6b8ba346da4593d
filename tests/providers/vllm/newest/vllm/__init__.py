"""A double of vLLM 0.33 without an engine: its offline class, in the shapes of the real one."""

from vllm.entrypoints.llm import LLM
from vllm.outputs import SamplingParams

__all__ = ["LLM", "SamplingParams"]
