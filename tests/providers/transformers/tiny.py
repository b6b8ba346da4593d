"""A language model of a few thousand numbers, made on the spot, with the real ``transformers``."""

from __future__ import annotations

from typing import Any

TEXTS = ["Hello there, how are you?", "The sky is blue, and grass is green.", "user assistant"]
TEMPLATE = (
    "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def tokenizer() -> Any:
    """A tokenizer of single bytes and a few pairs."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<end>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    inner.train_from_iterator(TEXTS, trainer)
    made = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<end>", bos_token="<end>", pad_token="<pad>"
    )
    made.model_input_names = ["input_ids", "attention_mask"]
    made.chat_template = TEMPLATE
    return made


def pipeline(**options: Any) -> Any:
    """A pipeline that generates text, which is always the same."""
    import torch
    import transformers

    tokens = tokenizer()
    config = transformers.GPT2Config(
        vocab_size=len(tokens), n_positions=512, n_embd=32, n_layer=2, n_head=2,
        eos_token_id=tokens.eos_token_id, bos_token_id=tokens.bos_token_id,
        pad_token_id=tokens.pad_token_id,
    )  # fmt: skip
    torch.manual_seed(7)
    model = transformers.GPT2LMHeadModel(config).eval()
    model.config._name_or_path = model.name_or_path = "tiny/gpt2"
    options = {"do_sample": False, "max_new_tokens": 5, **options}
    return transformers.pipeline(
        "text-generation", model=model, tokenizer=tokens, device="cpu", **options
    )


def seeing_pipeline() -> Any:
    """A pipeline that is given pictures, too."""
    import transformers

    tokens = tokenizer()
    tokens.add_special_tokens({"additional_special_tokens": ["<image>"]})
    sizes = {
        "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2
    }  # fmt: skip
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(image_size=28, patch_size=14, **sizes),
        text_config=transformers.LlamaConfig(
            vocab_size=len(tokens), eos_token_id=tokens.eos_token_id, num_key_value_heads=2,
            bos_token_id=tokens.bos_token_id, pad_token_id=tokens.pad_token_id, **sizes,
        ),
        image_token_index=tokens.convert_tokens_to_ids("<image>"),
        vision_feature_layer=-1,
    )  # fmt: skip
    model = transformers.LlavaForConditionalGeneration(config).eval()
    model.config._name_or_path = model.name_or_path = "tiny/llava"
    processor = transformers.LlavaProcessor(
        image_processor=transformers.CLIPImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokens,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
    )
    processor.chat_template = (
        "{% for message in messages %}<{{ message['role'] }}>{% for part in message['content'] %}"
        "{% if part['type'] == 'image' %}<image>{% else %}{{ part['text'] }}{% endif %}"
        "{% endfor %}\n{% endfor %}<assistant>"
    )
    return transformers.pipeline(
        "image-text-to-text", model=model, processor=processor, device="cpu"
    )
