"""Makes a Würstchen v2 with random weights in the folder layout of the published one, for both sides of the bench to load.

Use: python weights.py OUT --dtype float32|bfloat16 --size published|small --tokenizer FOLDER
Writes OUT/prior and OUT/decoder, and OUT/inputs-PIXELS.safetensors for every size that is asked for.
"""

import argparse
import json
import math
import os
import shutil

import torch
from safetensors.torch import save_file
from diffusers.pipelines.deprecated.wuerstchen import PaellaVQModel, WuerstchenDiffNeXt, WuerstchenPrior
from transformers import CLIPTextConfig, CLIPTextModel

SIZES = {
    # The published model: text towers ViT-bigG/14 and ViT-H/14, Stage C, Stage B, Stage A.
    "published": dict(
        prior_text=dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=20),
        prior=dict(c_in=16, c=1536, c_cond=1280, c_r=64, depth=32, nhead=24),
        decoder_text=dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16),
        decoder=dict(c_hidden=[320, 640, 1280, 1280], nhead=[-1, 10, 20, 20], blocks=[4, 4, 14, 4]),
        vqgan=dict(levels=2, bottleneck_blocks=12, embed_dim=384, num_vq_embeddings=8192),
    ),
    # A model whose forward takes milliseconds: shows the cost of a call rather than of arithmetic.
    "small": dict(
        prior_text=dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4),
        prior=dict(c_in=16, c=64, c_cond=64, c_r=64, depth=4, nhead=4),
        decoder_text=dict(hidden_size=64, num_hidden_layers=2, num_attention_heads=4),
        decoder=dict(c_hidden=[32, 32, 64, 64], nhead=[-1, 4, 4, 4], blocks=[1, 1, 2, 1], c_cond=64, clip_embd=64),
        vqgan=dict(levels=2, bottleneck_blocks=2, embed_dim=32, num_vq_embeddings=256),
    ),
}


def random_state(module, generator, dtype, calm):
    """Weights that keep activations near 1 through the depth; nothing stays at an initial zero, which would hide work or mistakes."""
    state = {}
    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point():
            state[name] = torch.zeros(tensor.shape, dtype=tensor.dtype)
            continue
        value = torch.randn(tensor.shape, generator=generator)
        if name.startswith(calm):  # the networks divide by half of their last layer's output
            value = value * (0.15 / math.sqrt(value[0].numel()) if value.ndim > 1 else 0)
        elif name.endswith("running_var"):
            value = 1 + 0.1 * value.abs()
        elif value.ndim > 1 and value.shape[0] > 1:
            value = value / math.sqrt(value[0].numel())
        elif name.endswith("weight") and value.ndim == 1:
            value = 1 + 0.1 * value
        else:
            value = 0.1 * value
        state[name] = value.to(dtype).contiguous()
    return state


def save(module, folder, generator, dtype, calm=("-",), file="diffusion_pytorch_model.safetensors"):
    os.makedirs(folder, exist_ok=True)
    if isinstance(module, CLIPTextModel):
        module.config.dtype = dtype
        module.config.architectures = ["CLIPTextModel"]
    module.config.save_pretrained(folder) if hasattr(module.config, "save_pretrained") else module.save_config(folder)
    temporary = os.path.join(folder, "." + file)
    save_file(random_state(module, generator, dtype, calm), temporary, metadata={"format": "pt"})
    os.replace(temporary, os.path.join(folder, file))


def text_tower(hidden_size, **rest):
    return CLIPTextModel(
        CLIPTextConfig(
            hidden_size=hidden_size,
            intermediate_size=4 * hidden_size,
            projection_dim=hidden_size,
            hidden_act="gelu",
            vocab_size=49408,
            bos_token_id=49406,
            eos_token_id=49407,
            **rest,
        )
    )


def frame(folder, name, tokenizer, **more):
    """What surrounds the networks: model_index.json, schedule and tokenizer."""
    os.makedirs(f"{folder}/scheduler", exist_ok=True)
    index = {"_class_name": name, "_diffusers_version": "0.21.0", **more}
    index["scheduler"] = ["diffusers", "DDPMWuerstchenScheduler"]
    index["text_encoder"] = ["transformers", "CLIPTextModel"]
    index["tokenizer"] = ["transformers", "CLIPTokenizer"]
    with open(f"{folder}/model_index.json", "w") as out:
        json.dump(index, out, indent=2)
    with open(f"{folder}/scheduler/scheduler_config.json", "w") as out:
        json.dump({"_class_name": "DDPMWuerstchenScheduler", "s": 0.008, "scaler": 1.0}, out, indent=2)
    shutil.copytree(tokenizer, f"{folder}/tokenizer", dirs_exist_ok=True)


def model(out, size, dtype, tokenizer):
    sizes = SIZES[size]
    generator = torch.Generator().manual_seed(1)
    with torch.device("meta"):
        prior_text, decoder_text = text_tower(**sizes["prior_text"]), text_tower(**sizes["decoder_text"])
        prior, vqgan = WuerstchenPrior(**sizes["prior"]), PaellaVQModel(**sizes["vqgan"])
        # Its own initialisation takes minutes at this size, and is overwritten.
        WuerstchenDiffNeXt._init_weights = lambda self, module: None
        decoder = WuerstchenDiffNeXt(**sizes["decoder"])
    save(prior_text, f"{out}/prior/text_encoder", generator, dtype, file="model.safetensors")
    save(prior, f"{out}/prior/prior", generator, dtype, calm=("out.1.",))
    save(decoder_text, f"{out}/decoder/text_encoder", generator, dtype, file="model.safetensors")
    save(decoder, f"{out}/decoder/decoder", generator, dtype, calm=("clf.1.",))
    save(vqgan, f"{out}/decoder/vqgan", generator, dtype)
    frame(
        f"{out}/prior", "WuerstchenPriorPipeline", tokenizer,
        prior=["diffusers", "WuerstchenPrior"], latent_mean=42.0, latent_std=1.0, resolution_multiple=42.67,
    )
    frame(
        f"{out}/decoder", "WuerstchenDecoderPipeline", tokenizer,
        decoder=["diffusers", "WuerstchenDiffNeXt"], vqgan=["diffusers", "PaellaVQModel"], latent_dim_scale=10.67,
    )


def inputs(file, pixels, size):
    """What each stage is given: float32, cast to the type of the run by both sides."""
    sizes = SIZES[size]
    generator = torch.Generator().manual_seed(pixels)
    small, large = pixels * 3 // 128, pixels // 4

    def normal(*shape):
        return torch.randn(shape, generator=generator)

    temporary = file + ".tmp"
    save_file(
        {
            "c.latents": normal(1, 16, small, small),
            "c.text": normal(2, 77, sizes["prior_text"]["hidden_size"]),  # prompt and negative prompt
            "b.latents": normal(1, 4, large, large),
            "b.semantics": normal(1, 16, small, small),
            "b.text": normal(1, 77, sizes["decoder_text"]["hidden_size"]),
            "a.latents": normal(1, 4, large, large),
        },
        temporary,
    )
    os.replace(temporary, file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    parser.add_argument("--size", choices=list(SIZES), default="published")
    parser.add_argument("--tokenizer", required=True, help="a folder with vocab.json and merges.txt")
    parser.add_argument("--pixels", type=int, nargs="+", required=True)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for pixels in options.pixels:
        file = f"{options.out}/inputs-{pixels}.safetensors"
        if not os.path.exists(file):
            inputs(file, pixels, options.size)
    complete = f"{options.out}/complete"
    if not os.path.exists(complete):
        model(options.out, options.size, getattr(torch, options.dtype), options.tokenizer)
        open(complete, "w").close()


if __name__ == "__main__":
    main()
