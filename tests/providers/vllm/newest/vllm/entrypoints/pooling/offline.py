"""Pooling."""

from vllm_outputs import EmbeddingOutput, PoolingRequestOutput

from vllm.entrypoints.common.offline import OfflineInferenceMixin


class PoolingOfflineMixin(OfflineInferenceMixin):
    """Makes vectors."""

    def encode(self, prompts, pooling_params=None, *, use_tqdm=True, pooling_task=None):
        """What was pooled."""
        if self.error is not None and isinstance(self.error, Exception):
            raise self.error
        prompts = [prompts] if isinstance(prompts, str) else prompts
        return [
            PoolingRequestOutput(str(index), [0.5] * 3, list(range(len(each))), self.error)
            for index, each in enumerate(prompts)
        ]

    def embed(self, prompts, *, use_tqdm=True, pooling_params=None):
        """Vectors."""
        outputs = self.encode(prompts, pooling_params=pooling_params, pooling_task="embed")
        for each in outputs:
            each.outputs = EmbeddingOutput(each.outputs)
        return outputs
