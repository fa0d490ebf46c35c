"""diffusers' side of the bench: reads requests, one JSON object a line, and answers each with one.

The bench starts it; dev.currywurst.bench.JavaSide answers the same requests for Currywurst.
"""

import json
import os
import platform
import sys
import time
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("DIFFUSERS_VERBOSITY", "error")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import diffusers  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from diffusers import WuerstchenDecoderPipeline, WuerstchenPriorPipeline  # noqa: E402
from diffusers.pipelines.deprecated.wuerstchen import (  # noqa: E402
    DEFAULT_STAGE_C_TIMESTEPS,
    PaellaVQModel,
    WuerstchenDiffNeXt,
    WuerstchenPrior,
)
from safetensors.torch import load_file, save_file  # noqa: E402

# As this version's own save_pretrained names them in model_index.json.
for network in (PaellaVQModel, WuerstchenDiffNeXt, WuerstchenPrior):
    setattr(diffusers, network.__name__, network)

diffusers.utils.logging.disable_progress_bar()
transformers.utils.logging.disable_progress_bar()

# Its own initialisation takes minutes at the published size, and is overwritten by the weights.
WuerstchenDiffNeXt._init_weights = lambda self, module: None


def stage(subject, model, dtype, inputs):
    """A function that runs one stage once, as the pipelines call it."""
    i = {name: tensor.to(dtype) for name, tensor in load_file(inputs).items()}
    level = torch.full((1,), 0.5, dtype=dtype)
    if subject == "c":
        network = WuerstchenPrior.from_pretrained(f"{model}/prior/prior", torch_dtype=dtype)
        x, levels = torch.cat([i["c.latents"]] * 2), torch.cat([level] * 2)
        return lambda: network(x, levels, i["c.text"])
    if subject in ("b", "guided"):
        network = WuerstchenDiffNeXt.from_pretrained(f"{model}/decoder/decoder", torch_dtype=dtype)
        if subject == "guided":
            x, levels = torch.cat([i["b.latents"]] * 2), torch.cat([level] * 2)
            semantics = torch.cat([i["b.semantics"], torch.zeros_like(i["b.semantics"])])
            text = torch.cat([i["b.text"], -i["b.text"]])
            return lambda: network(x, levels, semantics, text)
        return lambda: network(i["b.latents"], level, i["b.semantics"], i["b.text"])
    network = PaellaVQModel.from_pretrained(f"{model}/decoder/vqgan", torch_dtype=dtype)
    return lambda: network.decode(i["a.latents"]).sample


def picture(model, dtype, pixels, prior_steps, decoder_steps, guidance, warm):
    """A function that paints one picture with everything loaded, as the published example does."""
    prior = WuerstchenPriorPipeline.from_pretrained(f"{model}/prior", torch_dtype=dtype)
    decoder = WuerstchenDecoderPipeline.from_pretrained(f"{model}/decoder", torch_dtype=dtype)
    for pipeline in (prior, decoder):
        pipeline.set_progress_bar_config(disable=True)

    def paint(pixels, schedule, decoder_steps):
        prompt, generator = "a small green dragon", torch.Generator().manual_seed(1)
        semantics = prior(
            prompt, height=pixels, width=pixels, guidance_scale=guidance, generator=generator, **schedule
        ).image_embeddings
        return decoder(
            semantics,
            prompt,
            num_inference_steps=decoder_steps,
            guidance_scale=0.0,
            generator=generator,
            output_type="pt",
        ).images

    if warm:
        paint(128, dict(num_inference_steps=1), 1)
    published = prior_steps == len(DEFAULT_STAGE_C_TIMESTEPS) - 1
    schedule = dict(timesteps=DEFAULT_STAGE_C_TIMESTEPS) if published else dict(num_inference_steps=prior_steps)
    return lambda: paint(pixels, schedule, decoder_steps)


class Side:
    def __init__(self):
        self.work = None
        self.output = None
        self.matrices = {}

    def start(self, request):
        torch.set_num_threads(request["threads"])
        return dict(
            runtime=f"Python {platform.python_version()}, torch {torch.__version__},"
            f" diffusers {diffusers.__version__}, transformers {transformers.__version__}"
        )

    def load(self, request):
        begin = time.perf_counter()
        dtype = getattr(torch, request["dtype"])
        if request["subject"] == "picture":
            self.work = picture(
                request["model"],
                dtype,
                request["pixels"],
                request["priorSteps"],
                request["decoderSteps"],
                request["guidance"],
                request["keep"],
            )
        else:
            self.work = stage(request["subject"], request["model"], dtype, request["inputs"])
        return dict(seconds=time.perf_counter() - begin)

    def run(self, request):
        begin, cpu = time.perf_counter(), time.process_time()
        self.output = self.work()
        return dict(seconds=time.perf_counter() - begin, cpu=time.process_time() - cpu)

    def save(self, request):
        save_file({"output": self.output.float().contiguous()}, request["file"])
        return {}

    def multiply(self, request):
        """Seconds for one product of square matrices."""
        side, dtype = request["side"], getattr(torch, request["dtype"])
        if side not in self.matrices:
            self.matrices[side] = [torch.randn(side, side).to(dtype) for _ in range(2)]
        a, b = self.matrices[side]
        begin, cpu = time.perf_counter(), time.process_time()
        torch.mm(a, b)
        return dict(seconds=time.perf_counter() - begin, cpu=time.process_time() - cpu)

    def peak(self, request):
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return dict(bytes=int(line.split()[1]) * 1024)
        return {}


def main():
    side = Side()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    with torch.no_grad():
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = getattr(side, request["command"])(request)
            except Exception as problem:  # told to the bench, which ends the case
                answer = dict(error=f"{type(problem).__name__}: {problem}")
            print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
