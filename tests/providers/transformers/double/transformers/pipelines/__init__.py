"""Pipelines."""

from transformers.pipelines.text_generation import TextGenerationPipeline

__all__ = ["TextGenerationPipeline", "pipeline"]


def pipeline(task, model, tokenizer, **options):
    """A pipeline for a task."""
    assert task == "text-generation"
    options.pop("device", None)
    return TextGenerationPipeline(model, tokenizer, **options)
