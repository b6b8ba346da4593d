"""Pipelines of Hugging Face's ``transformers``, which run a model in the program's own process."""
