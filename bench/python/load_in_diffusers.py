"""Checks that diffusers loads a model folder that Currywurst wrote, and paints the same with it.

    ./currywurst generate "a red fox" --model MODEL --dtype float32 --output-dir painted
    python bench/python/load_in_diffusers.py MODEL painted/*.png

Every weight must find its place. The folder may hold several types (what was trained is float32), so
diffusers is told one. Each picture is painted again from what its file says about itself, and must
agree within one level on 99.9 % of the values. Ends with 1 where that fails.
"""

import argparse
import os
import re
import sys
import warnings
from json import loads

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import diffusers  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from diffusers import WuerstchenDecoderPipeline, WuerstchenPriorPipeline  # noqa: E402
from diffusers.pipelines.deprecated import wuerstchen  # noqa: E402
from PIL import Image  # noqa: E402
from transformers import CLIPTextModel  # noqa: E402

# Published folders and ours name this package, which this release has moved; folders that it saves
# itself name the classes as if they were diffusers' own, which they are not any more.
diffusers.pipelines.wuerstchen = wuerstchen
for moved in (wuerstchen.PaellaVQModel, wuerstchen.WuerstchenDiffNeXt, wuerstchen.WuerstchenPrior):
    setattr(diffusers, moved.__name__, moved)

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

SETTING = re.compile(r'(\w[\w \-/]+): ("(?:\\.|[^"\\])*"|[^,]*)(?:, |$)')
NEGATIVE = "Negative prompt:"
LEAST_AGREEING = 0.999


def require_whole(model):
    """Loads each network by itself, which tells what it missed and what it did not know."""
    faults = 0
    for folder, network in (
        ("prior/prior", wuerstchen.WuerstchenPrior),
        ("prior/text_encoder", CLIPTextModel),
        ("decoder/decoder", wuerstchen.WuerstchenDiffNeXt),
        ("decoder/text_encoder", CLIPTextModel),
        ("decoder/vqgan", wuerstchen.PaellaVQModel),
    ):
        _, told = network.from_pretrained(f"{model}/{folder}", output_loading_info=True)
        wrong = {what: sorted(names) for what, names in told.items() if names}
        print(f"{folder}: {wrong or 'every weight in its place'}")
        faults += bool(wrong)
    return faults


def settings(file):
    """Prompt, negative prompt and settings that Currywurst wrote into a picture."""
    with Image.open(file) as picture:
        lines = picture.text["parameters"].split("\n")
    values = dict(SETTING.findall(lines.pop()))
    at = next((i for i, line in enumerate(lines) if line.startswith(NEGATIVE)), len(lines))
    negative = "\n".join(lines[at:])[len(NEGATIVE) :].strip()
    prompt = "\n".join(lines[:at])
    if "Exact prompt" in values:
        prompt = loads(values["Exact prompt"])
        negative = loads(values.get("Exact negative prompt", '""'))
    return prompt, negative, values


def schedule(values):
    told = values["Timesteps"].strip('"')
    if told == "recommended":
        return dict(timesteps=wuerstchen.DEFAULT_STAGE_C_TIMESTEPS)
    if told == "even":
        return dict(num_inference_steps=int(values["Steps"]))
    return dict(timesteps=[float(level) for level in told.split(",")])


def painted(prior, decoder, pixels):
    """The next larger side that the networks know, of which Currywurst cuts out the middle."""
    network = decoder.decoder.config
    multiple = network.patch_size * 2 ** (len(network.c_hidden) - 1)
    side = 1
    while True:
        latent = int(side * decoder.config.latent_dim_scale)
        if latent and latent % multiple == 0 and 4 * latent >= pixels:
            return int(side * prior.config.resolution_multiple)
        side += 1


def paint(prior, decoder, prompt, negative, values):
    width, height = map(int, values["Size"].split("x"))
    generator = torch.Generator().manual_seed(int(values["Seed"]))
    semantics = prior(
        prompt,
        negative_prompt=negative or None,
        width=painted(prior, decoder, width),
        height=painted(prior, decoder, height),
        guidance_scale=float(values["CFG scale"]),
        generator=generator,
        **schedule(values),
    ).image_embeddings
    pixels = decoder(
        semantics,
        prompt,
        negative_prompt=negative or None,
        num_inference_steps=int(values["Decoder steps"]),
        guidance_scale=float(values["Decoder CFG scale"]),
        generator=generator,
        output_type="np",
    ).images[0]
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    return (pixels[top : top + height, left : left + width] * 255).round()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("pictures", nargs="+", metavar="PICTURE.png")
    arguments = parser.parse_args()
    print(f"diffusers {diffusers.__version__}, transformers {transformers.__version__}, torch {torch.__version__}")
    faults = require_whole(arguments.model)
    prior = WuerstchenPriorPipeline.from_pretrained(f"{arguments.model}/prior", torch_dtype=torch.float32)
    decoder = WuerstchenDecoderPipeline.from_pretrained(f"{arguments.model}/decoder", torch_dtype=torch.float32)
    for pipeline in (prior, decoder):
        pipeline.set_progress_bar_config(disable=True)
    for file in arguments.pictures:
        expected = paint(prior, decoder, *settings(file))
        actual = numpy.asarray(Image.open(file).convert("RGB"), dtype=numpy.float32)
        if actual.shape != expected.shape:
            print(f"{file}: diffusers paints {expected.shape}, not {actual.shape}")
            faults += 1
            continue
        difference = numpy.abs(actual - expected)
        share = float((difference <= 1).mean())
        equal = float((difference == 0).mean())
        print(f"{file}: {100 * equal:.3f} % equal, {100 * share:.3f} % within one level, {difference.max():.0f} at most")
        faults += share < LEAST_AGREEING
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    with torch.no_grad():
        main()
