"""A model and its tokenizer."""

from types import SimpleNamespace

from transformers.tensors import BatchEncoding, Tensor

PAD, END = 1, 2


class Tokenizer:
    """A token is the number of a character."""

    eos_token_id = END
    pad_token_id = PAD
    padding_side = "left"
    response_template = None

    def __call__(self, text, return_tensors=None, **_):
        """The tokens of a text."""
        tokens = [ord(each) for each in text]
        return BatchEncoding(input_ids=Tensor([tokens]), attention_mask=Tensor([[1] * len(tokens)]))

    def apply_chat_template(self, messages, **_):
        """The tokens of a chat."""
        return self("".join(f"<{each['role']}>{each['content']}\n" for each in messages))

    def decode(self, tokens, skip_special_tokens=False, clean_up_tokenization_spaces=None):
        """The text of tokens."""
        names = {PAD: "<pad>", END: "<end>"}
        return "".join(
            names.get(each, chr(each)) for each in tokens
            if not (skip_special_tokens and each in names)
        )  # fmt: skip

    def parse_response(self, text, prefix=None, tools=None):
        """A message, as a tokenizer with a template for responses makes it."""
        name = text.removesuffix("<end>")
        call = {"type": "function", "function": {"name": name, "arguments": {"city": "Paris"}}}
        return {"role": "assistant", "thinking": "Hm.", "content": "", "tool_calls": [call]}


class Model:
    """Writes a text again and again, then ends."""

    name_or_path = "tiny/gpt2"

    def __init__(self, text="blue"):
        self.text = text
        self.error = None
        self.config = SimpleNamespace(is_encoder_decoder=False)
        self.generation_config = SimpleNamespace(eos_token_id=END, pad_token_id=PAD)

    def generate(self, input_ids=None, attention_mask=None, streamer=None, **settings):
        """The tokens of prompts and answers."""
        if self.error is not None:
            raise self.error
        prompts = input_ids.values if input_ids is not None else [[END]]
        if streamer is not None:
            streamer.put(Tensor(prompts))
        count = settings.get("num_return_sequences") or 1
        answers = [self._written(streamer, **settings) for _ in prompts for _ in range(count)]
        if streamer is not None:
            streamer.end()
        longest = max(map(len, answers))
        return Tensor([
            prompts[index // count] + answer + [PAD] * (longest - len(answer))
            for index, answer in enumerate(answers)
        ])  # fmt: skip

    def _written(self, streamer, max_new_tokens=256, eos_token_id=END, stop_strings=(), **_):
        written = []
        for token in [*map(ord, self.text), END]:
            written.append(token)
            if streamer is not None:
                streamer.put(Tensor([token]))
            text = "".join(map(chr, written))
            if len(written) == max_new_tokens or token == eos_token_id:
                break
            if any(text.endswith(each) for each in stop_strings):
                break
        return written
