"""A double of vLLM 0.8, whose methods call one another."""

from vllm_outputs import SamplingParams

from vllm.entrypoints.llm import LLM

__all__ = ["LLM", "SamplingParams"]
