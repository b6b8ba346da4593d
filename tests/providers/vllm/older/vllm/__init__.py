"""A double of vLLM 0.8, whose methods call one another."""

from vllm.entrypoints.llm import LLM
from vllm.outputs import SamplingParams

__all__ = ["LLM", "SamplingParams"]
