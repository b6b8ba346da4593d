"""Streamers, which are shown tokens as they come."""

from queue import Queue


class TextStreamer:
    """Prints texts."""

    def __init__(self, tokenizer, skip_prompt=False, **decode_kwargs):
        self.tokenizer = tokenizer
        self.skip_prompt = skip_prompt
        self.decode_kwargs = decode_kwargs
        self.next_tokens_are_prompt = True

    def put(self, value):
        """Tokens came."""
        if self.skip_prompt and self.next_tokens_are_prompt:
            self.next_tokens_are_prompt = False
            return
        tokens = value.tolist()
        tokens = tokens[0] if isinstance(tokens[0], list) else tokens
        self.on_finalized_text(self.tokenizer.decode(tokens, **self.decode_kwargs))

    def end(self):
        """There are no more."""
        self.next_tokens_are_prompt = True
        self.on_finalized_text("", stream_end=True)

    def on_finalized_text(self, text, stream_end=False):
        """Print a text."""
        print(text, flush=True, end="" if not stream_end else None)


class TextIteratorStreamer(TextStreamer):
    """Gives texts to another thread."""

    def __init__(self, tokenizer, skip_prompt=False, timeout=None, **decode_kwargs):
        super().__init__(tokenizer, skip_prompt, **decode_kwargs)
        self.text_queue = Queue()
        self.timeout = timeout

    def on_finalized_text(self, text, stream_end=False):
        """Keep a text for the other thread."""
        self.text_queue.put(text, timeout=self.timeout)
        if stream_end:
            self.text_queue.put(None, timeout=self.timeout)

    def __iter__(self):
        return self

    def __next__(self):
        text = self.text_queue.get(timeout=self.timeout)
        if text is None:
            raise StopIteration
        return text
