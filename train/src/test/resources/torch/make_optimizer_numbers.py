"""Numbers for the tests of dev.currywurst.train.optim: optimizers.safetensors and schedules.json beside this script.

Use: python make_optimizer_numbers.py, with torch, bitsandbytes (0.50, on the CPU), transformers and diffusers.
"""

import json
import os

import bitsandbytes
import bitsandbytes.backends.cpu.ops
import torch
from diffusers.optimization import get_scheduler
from safetensors.torch import save_file
from transformers.optimization import Adafactor


def nearest(exact, code, absmax, out, blocksize):
    """bitsandbytes' CPU kernel looks codes up in a table, which misses the nearest by one in 3 % of the squares; its CUDA kernel finds the nearest."""
    rows = torch.nn.functional.pad(exact.flatten(), (0, -exact.numel() % blocksize)).view(-1, blocksize)
    absmax.copy_(rows.abs().amax(1))
    codes = (rows / absmax[:, None]).flatten()[: exact.numel(), None].sub(code).abs().argmin(1)
    out.copy_(codes.view(exact.shape))


bitsandbytes.backends.cpu.ops._quant_blockwise_fp32_direct = nearest

here = os.path.dirname(os.path.abspath(__file__))
STEPS = 4
SHAPES = {"matrix": (24, 36), "vector": (40,), "kernel": (6, 1, 3, 3), "large": (70, 61)}

OPTIMIZERS = {
    "adamw": lambda w: torch.optim.AdamW(w, lr=1e-2, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05, fused=True),
    "adamw_8bit": lambda w: bitsandbytes.optim.AdamW8bit(w, lr=1e-2, betas=(0.9, 0.99), eps=1e-8, weight_decay=0.05),
    "adafactor": lambda w: Adafactor(w, lr=1e-2, relative_step=False, scale_parameter=False),
    "adafactor_relative": lambda w: Adafactor(w, relative_step=True, scale_parameter=True, warmup_init=True),
    "adafactor_mean": lambda w: Adafactor(
        w, lr=1e-2, relative_step=False, scale_parameter=True, beta1=0.9, weight_decay=0.1, clip_threshold=0.5
    ),
}


def optimizers():
    generator = torch.Generator().manual_seed(1)
    start = {name: 0.1 * torch.randn(shape, generator=generator) for name, shape in SHAPES.items()}
    gradients = [
        {name: 0.01 * torch.randn(shape, generator=generator) for name, shape in SHAPES.items()} for _ in range(STEPS)
    ]
    numbers = {f"start.{name}": value for name, value in start.items()}
    for step in range(STEPS):
        numbers |= {f"gradient.{step}.{name}": value for name, value in gradients[step].items()}
    for kind, make in OPTIMIZERS.items():
        weights = {name: torch.nn.Parameter(value.clone()) for name, value in start.items()}
        optimizer = make(weights.values())
        for step in range(STEPS):
            for name, weight in weights.items():
                weight.grad = gradients[step][name].clone()
            optimizer.step()
        numbers |= {f"{kind}.{name}": weight.detach() for name, weight in weights.items()}
        if kind == "adamw_8bit":
            state = optimizer.state[weights["large"]]
            numbers |= {"map.signed": state["qmap1"], "map.unsigned": state["qmap2"]}
            numbers |= {f"codes.{name}": state[name] for name in ("state1", "state2", "absmax1", "absmax2")}
    save_file({k: v.contiguous() for k, v in numbers.items()}, os.path.join(here, "optimizers.safetensors"))


def schedules():
    cases = []
    for name, more in [
        ("constant", {}),
        ("constant_with_warmup", dict(num_warmup_steps=7)),
        ("linear", dict(num_warmup_steps=7)),
        ("linear", dict(num_warmup_steps=0)),
        ("cosine", dict(num_warmup_steps=7)),
        ("cosine_with_restarts", dict(num_warmup_steps=7, num_cycles=3)),
        ("cosine_with_restarts", dict(num_warmup_steps=0, num_cycles=1)),
        ("polynomial", dict(num_warmup_steps=7, power=2.0)),
        ("polynomial", dict(num_warmup_steps=0, power=1.0)),
    ]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
        scheduler = get_scheduler(name, optimizer, num_training_steps=50, **more)
        rates = []
        for _ in range(53):  # three beyond the end
            rates.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        cases.append(dict(name=name, rates=rates, **more))
    with open(os.path.join(here, "schedules.json"), "w") as out:
        json.dump(dict(peak=3e-4, steps=50, cases=cases), out)


optimizers()
schedules()
