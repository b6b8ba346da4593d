"""Beam search."""

from vllm_outputs import BeamSearchOutput, BeamSearchSequence

from vllm.entrypoints.common.offline import OfflineInferenceMixin


class BeamSearchOfflineMixin(OfflineInferenceMixin):
    """Searches beams."""

    def beam_search(self, prompts, params, lora_request=None, use_tqdm=False):
        """The best sequences."""
        outputs = []
        for prompt in prompts:
            tokens = list(range(len(prompt["prompt"])))
            beams = [
                BeamSearchSequence(
                    {"type": "token", "prompt_token_ids": tokens}, [*tokens, 1, 2], text, "length"
                )
                for text in ("blue", "green")[: params.beam_width]
            ]
            outputs.append(BeamSearchOutput(beams))
        return outputs
