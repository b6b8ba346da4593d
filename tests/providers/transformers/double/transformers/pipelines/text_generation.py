"""The pipeline that generates text."""

from transformers.pipelines.base import Chat, Pipeline
from transformers.tensors import Tensor


class TextGenerationPipeline(Pipeline):
    """Generates text."""

    def _sanitize_parameters(
        self, return_full_text=None, return_tensors=None, stop_sequence=None, tools=None, **generate
    ):
        preprocess = dict(generate)
        if tools is not None:
            preprocess["tools"] = tools
        if stop_sequence is not None:
            generate["stop_strings"] = [stop_sequence]
            generate["tokenizer"] = self.tokenizer
        postprocess = {}
        if return_full_text is not None:
            postprocess["full"] = return_full_text
        if return_tensors is not None:
            postprocess["tensors"] = return_tensors
        return preprocess, generate, postprocess

    def preprocess(self, prompt_text, tools=None, **_):
        """The tokens of a prompt."""
        if isinstance(prompt_text, Chat):
            inputs = self.tokenizer.apply_chat_template(prompt_text.messages, tools=tools)
        else:
            inputs = self.tokenizer(prompt_text)
        inputs["prompt_text"] = prompt_text
        return inputs

    def _forward(self, model_inputs, **generate_kwargs):
        input_ids, mask = model_inputs["input_ids"], model_inputs["attention_mask"]
        if input_ids.shape[-1] == 0:
            input_ids = mask = None
        prompt_text = model_inputs.pop("prompt_text")
        settings = {**self._generation_defaults, **self._generate_kwargs, **generate_kwargs}
        sequences = self.model.generate(input_ids, mask, **settings).values
        prompts = 1 if input_ids is None else len(input_ids.values)
        count = len(sequences) // prompts
        rows = [sequences[index * count : (index + 1) * count] for index in range(prompts)]
        return {
            "generated_sequence": Tensor(rows),
            "input_ids": input_ids,
            "prompt_text": prompt_text,
        }

    def postprocess(self, model_outputs, full=True, tensors=False):
        """The answers to one prompt."""
        prompt, input_ids = model_outputs["prompt_text"], model_outputs["input_ids"]
        start = 0 if input_ids is None else input_ids.shape[-1]
        answers = []
        for tokens in model_outputs["generated_sequence"].values[0]:
            if tensors:
                answers.append({"generated_token_ids": tokens})
                continue
            text = self.tokenizer.decode(tokens[start:], skip_special_tokens=True)
            if full and isinstance(prompt, Chat):
                text = [*prompt.messages, {"role": "assistant", "content": text}]
            elif full:
                text = prompt + text
            answers.append({"generated_text": text})
        return answers
