"""The class for offline inference."""

from vllm_outputs import RequestOutput

from vllm.entrypoints.generate.beam_search.offline import BeamSearchOfflineMixin
from vllm.entrypoints.pooling.offline import PoolingOfflineMixin


class LLM(BeamSearchOfflineMixin, PoolingOfflineMixin):
    """A model in the program's own process."""

    def generate(self, prompts, sampling_params=None, *, use_tqdm=True, lora_request=None):
        """Answers to prompts."""
        self._add(prompts, sampling_params)
        return self._run_engine(RequestOutput)

    def chat(self, messages, sampling_params=None, use_tqdm=True, lora_request=None, tools=None):
        """Answers to chats."""
        self._add_chats(messages, sampling_params)
        return self._run_engine(RequestOutput)

    def enqueue(self, prompts, sampling_params=None, lora_request=None):
        """The ids of requests that wait."""
        return self._add(prompts, sampling_params)

    def enqueue_chat(self, messages, sampling_params=None, use_tqdm=True, tools=None):
        """The ids of chats that wait."""
        return self._add_chats(messages, sampling_params)

    def wait_for_completion(self, output_type=None, *, use_tqdm=True):
        """The answers to all that waits."""
        return self._run_engine(RequestOutput)
