"""What all pipelines have: one prompt, a list, or an iterator that only the pipeline reads."""

import types

from transformers.tensors import Tensor


class Chat:
    """A chat."""

    def __init__(self, messages):
        self.messages = messages


class PipelineIterator:
    """Applies a function to each item; of a batch, it gives each part."""

    def __init__(self, loader, infer, params, loader_batch_size=None):
        self.loader = loader
        self.infer = infer
        self.params = params
        self.loader_batch_size = loader_batch_size

    def __iter__(self):
        for item in self.loader:
            processed = self.infer(item, **self.params)
            if self.loader_batch_size is None:
                yield processed
                continue
            for index in range(len(next(iter(processed.values())).values)):
                yield {name: self._part(each, index) for name, each in processed.items()}

    @staticmethod
    def _part(value, index):
        return value[index].unsqueeze(0) if isinstance(value, Tensor) else value[index]


def _batches(items, size):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield _padded(batch)
            batch = []
    if batch:
        yield _padded(batch)


def _padded(batch):
    rows = {name: [item[name] for item in batch] for name in batch[0]}
    longest = max(each.shape[-1] for each in rows["input_ids"])
    for name, filler in (("input_ids", 1), ("attention_mask", 0)):
        rows[name] = Tensor(
            [[filler] * (longest - each.shape[-1]) + each.values[0] for each in rows[name]]
        )
    return rows


class Pipeline:
    """A pipeline: ``preprocess``, ``forward``, ``postprocess``."""

    def __init__(self, model, tokenizer, batch_size=None, **options):
        self.model = model
        self.tokenizer = tokenizer
        self.processor = None
        self._batch_size = batch_size or 1
        self._generation_defaults = {"max_new_tokens": 256, "do_sample": True, "temperature": 0.7}
        names = ("max_new_tokens", "do_sample")
        self._generate_kwargs = {name: options.pop(name) for name in names if name in options}
        params = self._sanitize_parameters(**options)
        self._preprocess_params, self._forward_params, self._postprocess_params = params

    def forward(self, model_inputs, **forward_params):
        """What the model makes of its inputs."""
        return self._forward(model_inputs.copy(), **forward_params)

    def get_iterator(self, inputs, batch_size, preprocess, forward, postprocess):
        """The answers, one by one."""
        items = (self.preprocess(each, **preprocess) for each in inputs)
        loader, size = (items, None) if batch_size == 1 else (_batches(items, batch_size), 1)
        outputs = PipelineIterator(loader, self.forward, forward, size)
        return iter(PipelineIterator(outputs, self.postprocess, postprocess))

    def __call__(self, inputs, batch_size=None, **kwargs):
        """The answers to one prompt or to several."""
        if isinstance(inputs, list) and isinstance(inputs[0], dict):
            inputs = Chat(inputs)
        elif isinstance(inputs, list) and isinstance(inputs[0], list):
            inputs = [Chat(each) for each in inputs]
        given = self._sanitize_parameters(**kwargs)
        own = (self._preprocess_params, self._forward_params, self._postprocess_params)
        params = [{**before, **now} for before, now in zip(own, given, strict=True)]
        size = batch_size or self._batch_size
        if isinstance(inputs, list):
            return list(self.get_iterator(inputs, size, *params))
        if isinstance(inputs, types.GeneratorType):
            return self.get_iterator(inputs, size, *params)
        outputs = self.forward(self.preprocess(inputs, **params[0]), **params[1])
        return self.postprocess(outputs, **params[2])
