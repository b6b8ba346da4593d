"""A double of vLLM 0.33 without an engine: its offline class, in the shapes of the real one."""

from vllm_outputs import SamplingParams

from vllm.entrypoints.llm import LLM

__all__ = ["LLM", "SamplingParams"]
