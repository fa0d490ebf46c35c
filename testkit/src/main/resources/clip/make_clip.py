"""Makes the CLIP beside this file. Run with torch 2.15 and transformers 5.23:

    python make_clip.py

model/ is a small CLIPModel with random weights, a tokenizer of a few merges and a preprocessor, as
save_pretrained writes them; expected.safetensors has what transformers makes of three texts and of
../pictures/source.png and tall.png, prepared with Pillow.
"""

from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

here = Path(__file__).parent
folder = here / "model"
TEXTS = ["a small green dragon", "Red!", "two red apples on the left of a tree, and a lot more"]
MERGES = ["r e", "re d</w>", "a n", "g re", "t h", "th e</w>", "e n</w>", "l e", "t re", "tre e</w>"]

letters = [chr(c) for c in [*range(33, 127), *range(161, 173), *range(174, 256)]]
letters += [chr(256 + i) for i in range(256 - len(letters))]
symbols = letters + [c + "</w>" for c in letters] + [m.replace(" ", "") for m in MERGES]
symbols += ["<|startoftext|>", "<|endoftext|>"]
tokenizer = CLIPTokenizer(
    vocab={s: i for i, s in enumerate(symbols)},
    merges=[tuple(m.split()) for m in MERGES],
    model_max_length=24,
)

torch.manual_seed(11)
end = len(symbols) - 1
config = CLIPConfig(
    text_config={
        "vocab_size": len(symbols), "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 24,
        "bos_token_id": end - 1, "eos_token_id": end, "pad_token_id": end,
    },
    vision_config={
        "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2,
        "num_attention_heads": 3, "image_size": 32, "patch_size": 8,
    },
    projection_dim=20,
)
model = CLIPModel(config).eval()
with torch.no_grad():
    for weight in model.parameters():
        if weight.dim() > 0:
            weight.add_(torch.randn_like(weight) * 0.1)  # no zeros and ones that hide mistakes
processor = CLIPImageProcessorPil(
    size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32}, resample=3
)
model.save_pretrained(folder)
tokenizer.save_pretrained(folder)
processor.save_pretrained(folder)

pictures = [
    Image.open(here.parent / "pictures" / name).convert("RGB") for name in ("source.png", "tall.png")
]
tokens = tokenizer(TEXTS, padding="max_length", truncation=True, return_tensors="pt")
pixels = processor(pictures, return_tensors="pt")["pixel_values"]
with torch.no_grad():
    out = model(
        input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"], pixel_values=pixels
    )
    images = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output)
    texts = model.text_projection(
        model.text_model(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        ).pooler_output
    )
save_file(
    {
        "input_ids": tokens["input_ids"],
        "pixel_values": pixels.contiguous(),
        "image_states": model.vision_model(pixel_values=pixels).last_hidden_state.detach(),
        "images": images,
        "texts": texts,
        "logits_per_image": out.logits_per_image.contiguous(),
    },
    here / "expected.safetensors",
)
