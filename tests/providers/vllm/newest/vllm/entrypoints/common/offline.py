"""The queue of the engine."""

from types import SimpleNamespace

from vllm_outputs import RequestOutput, SamplingParams, answer_of


class OfflineInferenceMixin:
    """Adds requests to the engine, and runs it."""

    def __init__(self, model, metrics=False):
        self.model_config = SimpleNamespace(model=model, runner_type="generate")
        self.error = None
        self.has_metrics = metrics
        self.queue = []
        self.count = 0

    def _add(self, prompts, params):
        if isinstance(prompts, (str, dict)) or (prompts and isinstance(prompts[0], int)):
            prompts = [prompts]
        params = params or SamplingParams()
        many = params if isinstance(params, list) else [params] * len(prompts)
        if len(many) != len(prompts):
            raise ValueError("The lengths of prompts and params must be the same.")
        ids = []
        for prompt, each in zip(prompts, many, strict=True):
            text = prompt
            if isinstance(prompt, dict):
                text = prompt.get("prompt") or prompt.get("prompt_token_ids")
            self.queue.append((str(self.count), text, each))
            ids.append(f"{self.count}-0a1b2c3d")
            self.count += 1
        return ids

    def _add_chats(self, messages, params):
        chats = [messages] if isinstance(messages[0], dict) else messages
        return self._add([each[-1]["content"] for each in chats], params)

    def _run_engine(self, output_type=RequestOutput):
        if self.error is not None:
            self.queue.clear()
            raise self.error
        outputs = [answer_of(*each, self.has_metrics) for each in reversed(self.queue)]
        self.queue.clear()
        return sorted(outputs, key=lambda each: int(each.request_id))
