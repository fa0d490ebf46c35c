"""Checks that LoRA files mean the same to Currywurst, diffusers, peft and kohya's scripts.

    python bench/python/lora_interop.py MODEL [LORA]

Makes LoRAs for MODEL with peft (random factors, so that they do something), lets diffusers and
Currywurst sample Stage C with each, and compares the latents. Then Currywurst writes the same LoRAs
in each dialect, and diffusers and peft load those. LORA is a folder that `currywurst finetune
--lora-rank 4 --lora-dialects diffusers,kohya,peft` wrote: all three load it. Needs a built ./currywurst, or the command in
the variable CURRYWURST; peft beside what requirements.txt asks for. Ends with 1 where anything
differs by more than 1e-4 of the largest value.
"""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import diffusers  # noqa: E402
import peft  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from diffusers import WuerstchenPriorPipeline  # noqa: E402
from diffusers.pipelines.deprecated import wuerstchen  # noqa: E402
from peft import LoraConfig, PeftModel, get_peft_model  # noqa: E402
from peft.utils import get_peft_model_state_dict  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

# As in load_in_diffusers.py: this release has moved the package.
diffusers.pipelines.wuerstchen = wuerstchen
diffusers.WuerstchenPrior = wuerstchen.WuerstchenPrior
diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
TOWER = ["q_proj", "k_proj", "v_proj", "out_proj"]
# With the two 1x1 convolutions, projection and out.1.
LAYERS = (
    r".*(attention\.to_[qkv]|to_out\.0|kv_mapper\.1|channelwise\.[04]|\.mapper)"
    r"|cond_mapper\.[02]|projection|out\.1"
)
PROMPT = "a red fox in the snow"
STEPS = 4
SEED = 7
SIDE = 128
TOLERANCE = 1e-4
COMMAND = shlex.split(os.environ.get("CURRYWURST", "./currywurst"))


def pipeline(model):
    loaded = WuerstchenPriorPipeline.from_pretrained(f"{model}/prior", torch_dtype=torch.float32)
    loaded.set_progress_bar_config(disable=True)
    return loaded


def randomised(network, seed):
    random = torch.Generator().manual_seed(seed)
    for name, weight in network.named_parameters():
        if "lora_" in name:
            # Less of the convolutions: the last one's output is divided by, and any rounding with it.
            size = 0.01 if weight.dim() == 4 else 0.1
            weight.data = size * torch.randn(weight.shape, generator=random)
    return network


def sampled(prior):
    """Stage C's latents as the pipeline makes them."""
    with torch.no_grad():
        return prior(
            PROMPT,
            width=SIDE,
            height=SIDE,
            num_inference_steps=STEPS,
            guidance_scale=4.0,
            generator=torch.Generator().manual_seed(SEED),
        ).image_embeddings


def java(*words):
    run = subprocess.run([*COMMAND, *map(str, words)], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{' '.join(map(str, words))}: {run.stderr}")
    return run.stdout


def ours(model, lora, folder):
    """The same of Currywurst."""
    name = re.sub(r"\W", "-", str(lora)) or "plain"
    file = os.path.join(folder, f"{name}.png")
    lora_words = ["--lora", lora] if lora else []
    java(
        "generate", PROMPT, "--model", model, "--width", SIDE, "--height", SIDE, "--steps", STEPS,
        "--decoder-steps", 1, "--seed", SEED, "--dtype", "float32", "--save-latents", "--quiet",
        "-o", file, "--force", *lora_words,
    )  # fmt: skip
    return load_file(file.replace(".png", ".latents.safetensors"))["image_embeddings"]


def kohya_merged(prior, state):
    """As kohya's scripts find layers: by every module's name with underscores for dots."""
    found = 0
    for network, prefix in ((prior.prior, "lora_prior_unet"), (prior.text_encoder, "lora_prior_te")):
        for name, module in network.named_modules():
            if prefix.endswith("te") and not name.startswith("text_model"):
                name = "text_model." + name
            key = f"{prefix}_{name.replace('.', '_')}"
            if f"{key}.lora_down.weight" in state:
                down, up = state[f"{key}.lora_down.weight"], state[f"{key}.lora_up.weight"]
                scale = state[f"{key}.alpha"].item() / down.shape[0]
                if module.weight.dim() == 4:  # a 1x1 convolution, as its factors are
                    up, down = up.squeeze(3).squeeze(2), down.squeeze(3).squeeze(2)
                module.weight.data += scale * (up @ down).reshape(module.weight.shape)
                found += 1
    assert 3 * found == len(state), f"{found} layers for {len(state)} tensors"
    return prior


class Comparison:
    def __init__(self):
        self.faults = 0

    def compare(self, what, actual, expected):
        difference = float((actual - expected).abs().max() / expected.abs().max())
        self.faults += not difference < TOLERANCE
        print(f"{what}: {difference:.1e} of the largest value", flush=True)


def trained(model, lora, folder, result):
    """A LoRA that Currywurst trained, in each of its dialects."""
    expected = ours(model, f"{lora}/pytorch_lora_weights.safetensors", folder)
    loaded = pipeline(model)
    loaded.load_lora_weights(lora, weight_name="pytorch_lora_weights.safetensors")
    result.compare("Currywurst's trained LoRA in diffusers", sampled(loaded), expected)
    loaded = pipeline(model)
    PeftModel.from_pretrained(loaded.prior, f"{lora}/peft")
    result.compare("the same in peft", sampled(loaded), expected)
    merged = kohya_merged(pipeline(model), load_file(f"{lora}/kohya.safetensors"))
    result.compare("its kohya file, merged in torch", sampled(merged), expected)


def as_float32(model, copy):
    """The same model, so that no rounding to MODEL's own type is compared when it is written."""
    shutil.copytree(model, copy)
    for file in pathlib.Path(copy).rglob("*.safetensors"):
        wide = {name: value.float() if value.is_floating_point() else value for name, value in load_file(file).items()}
        save_file(wide, file, {"format": "pt"})
    return copy


def main(model, lora=None):
    print(f"diffusers {diffusers.__version__}, peft {peft.__version__}, torch {torch.__version__}")
    result = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        model = as_float32(model, os.path.join(folder, "model"))
        plain = sampled(pipeline(model))
        result.compare("no LoRA, Currywurst and diffusers", ours(model, "", folder), plain)

        # diffusers' own way of saving, of Stage C and its text tower.
        prior = pipeline(model)
        prior.prior.add_adapter(LoraConfig(r=4, lora_alpha=4, target_modules=ATTENTION))
        prior.text_encoder.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=TOWER))
        randomised(prior.prior, 1)
        randomised(prior.text_encoder, 2)
        theirs = os.path.join(folder, "theirs")
        WuerstchenPriorPipeline.save_lora_weights(
            theirs,
            unet_lora_layers=get_peft_model_state_dict(prior.prior),
            text_encoder_lora_layers=get_peft_model_state_dict(prior.text_encoder),
        )
        expected = sampled(prior)
        changed = float((expected - plain).abs().max() / plain.abs().max())
        print(f"the LoRA moves the latents by {changed:.2f} of the largest value")
        result.compare("diffusers' file in Currywurst", ours(model, theirs, folder), expected)

        # What Currywurst writes of it, in diffusers and in kohya's way.
        file = os.path.join(folder, "ours.safetensors")
        java("lora", "convert", theirs, "--to", "diffusers", "--output", file)
        loaded = pipeline(model)
        loaded.load_lora_weights(file)
        result.compare("Currywurst's file in diffusers", sampled(loaded), expected)
        kohya = os.path.join(folder, "kohya.safetensors")
        java("lora", "convert", theirs, "--to", "kohya", "--output", kohya)
        merged = kohya_merged(pipeline(model), load_file(kohya))
        result.compare("Currywurst's kohya file, merged in torch", sampled(merged), expected)
        result.compare("the same in Currywurst", ours(model, kohya, folder), expected)

        # peft's folder, with ranks and alphas of each layer's own.
        prior = pipeline(model)
        config = LoraConfig(
            r=4,
            lora_alpha=6,
            target_modules=LAYERS,
            rank_pattern={"kv_mapper.1": 2},
            alpha_pattern={"channelwise.0": 1},
        )
        adapted = randomised(get_peft_model(prior.prior, config), 3)
        peft_folder = os.path.join(folder, "peft")
        adapted.save_pretrained(peft_folder)
        expected = sampled(prior)
        result.compare("peft's folder in Currywurst", ours(model, peft_folder, folder), expected)
        our_folder = os.path.join(folder, "our-peft")
        java("lora", "convert", peft_folder, "--to", "peft", "--output", our_folder)
        prior = pipeline(model)
        PeftModel.from_pretrained(prior.prior, our_folder)
        result.compare("Currywurst's folder in peft", sampled(prior), expected)

        # What changed in a model whose every layer changed, in each of the dialects.
        tuned = os.path.join(folder, "tuned")
        java("lora", "merge", model, peft_folder, "--output", tuned)
        expected = sampled(pipeline(tuned))
        extracted = {}
        for dialect, name in (("diffusers", "diff.safetensors"), ("peft", "diff"), ("kohya", "diff-kohya.safetensors")):
            extracted[dialect] = os.path.join(folder, name)
            java("lora", "extract", model, tuned, "--to", dialect, "--output", extracted[dialect])
        loaded = pipeline(model)
        loaded.load_lora_weights(extracted["diffusers"])
        result.compare("Currywurst's extracted LoRA in diffusers", sampled(loaded), expected)
        loaded = pipeline(model)
        PeftModel.from_pretrained(loaded.prior, extracted["peft"])
        result.compare("the same in peft", sampled(loaded), expected)
        merged = kohya_merged(pipeline(model), load_file(extracted["kohya"]))
        result.compare("the same in a kohya file, merged in torch", sampled(merged), expected)

        # Half as strong, and merged into a model that diffusers loads.
        styled = os.path.join(folder, "styled")
        java("lora", "merge", model, f"{theirs}:0.5", "--output", styled)
        half = {name: value * 0.5**0.5 for name, value in load_file(file).items()}
        save_file(half, os.path.join(folder, "half.safetensors"), {"format": "pt"})
        loaded = pipeline(model)
        loaded.load_lora_weights(os.path.join(folder, "half.safetensors"))
        result.compare("merged at 0.5, in diffusers", sampled(pipeline(styled)), sampled(loaded))
        if lora:
            trained(model, lora, folder, result)
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(*sys.argv[1:])
