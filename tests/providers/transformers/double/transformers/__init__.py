"""A double of ``transformers`` 5.24 without PyTorch: its pipelines, in the shapes of the real ones.

A token is the number of a character; the model writes what it was told to.
"""

from transformers.generation.streamers import TextIteratorStreamer, TextStreamer
from transformers.pipelines import TextGenerationPipeline, pipeline

__all__ = ["TextGenerationPipeline", "TextIteratorStreamer", "TextStreamer", "pipeline"]
__version__ = "5.24.0"
