"""vLLM offline: ``vllm.LLM``, which runs a model in the program's own process."""
