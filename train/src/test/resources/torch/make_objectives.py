"""Writes objectives.safetensors: five steps of training Stage C by each objective, with diffusers'
network and EMAModel and PyTorch's AdamW. What goes in is the test kit's (train.N.* in
expected.safetensors). Dropout is off.

    python make_objectives.py
"""

import os
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch  # noqa: E402
from diffusers.pipelines.deprecated.wuerstchen import WuerstchenPrior  # noqa: E402
from diffusers.schedulers import DDPMWuerstchenScheduler  # noqa: E402
from diffusers.training_utils import EMAModel  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

HERE = Path(__file__).parent
KIT = HERE.parents[4] / "testkit/src/main/resources/wuerstchen"
KEPT = ("out.1.weight", "blocks.0.channelwise.4.weight", "blocks.2.attention.to_q.weight")


class AdaptiveLossWeight:
    """As Stable Cascade describes it: the inverse of a running mean of each level's errors."""

    def __init__(self):
        self.bounds = torch.linspace(-10, 10, 299)
        self.means = torch.ones(300)

    def weight(self, log_snr):
        return (1 / self.means[torch.searchsorted(self.bounds, log_snr)]).clamp(1e-7, 1e7)

    def update(self, log_snr, loss):
        at = torch.searchsorted(self.bounds, log_snr)
        assert len(set(at.tolist())) == len(at), "levels in one bucket are averaged otherwise"
        self.means[at] = self.means[at] * 0.99 + loss.detach() * 0.01


def train(objective, expected, results):
    prior = WuerstchenPrior.from_pretrained(KIT / "prior/prior")
    prior.eval()  # without dropout
    scheduler = DDPMWuerstchenScheduler()
    optimizer = torch.optim.AdamW(
        prior.parameters(), lr=1e-3, betas=(0.9, 0.999), weight_decay=0.01, eps=1e-8
    )
    ema = EMAModel(prior.parameters(), decay=0.9)
    adaptive = AdaptiveLossWeight()
    losses, norms = [], []
    for step in range(5):
        x0, noise, t, c = (expected[f"train.{step}.{name}"] for name in ("x0", "noise", "t", "c"))
        noisy = scheduler.add_noise(x0, noise, t)
        predicted = prior(noisy, t, c)
        each = ((predicted - noise) ** 2).mean(dim=(1, 2, 3))
        signal = scheduler._alpha_cumprod(t, t.device)
        snr = signal / (1 - signal)
        if objective == "p2":
            loss = (each * (1 + snr) ** -1).mean()
        elif objective == "min_snr":
            loss = (each * snr.clamp(max=0.5) / snr).mean()
        elif objective == "adaptive":
            loss = (each * adaptive.weight(snr.log())).mean()
            adaptive.update(snr.log(), each)
        elif objective == "class":  # the last sample is of the class
            weights = snr.clamp(max=0.5) / snr
            loss = (each[:-1] * weights[:-1]).mean() + 0.7 * each[-1:].mean()
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(prior.parameters(), 1.0))
        optimizer.step()
        ema.step(prior.parameters())
        losses.append(loss.detach())
    results[f"{objective}.losses"] = torch.stack(losses)
    results[f"{objective}.norms"] = torch.stack(norms)
    for (name, weight), average in zip(prior.named_parameters(), ema.shadow_params):
        if name in KEPT:
            results[f"{objective}.weight.{name}"] = weight.detach().clone()
            results[f"{objective}.average.{name}"] = average.detach().clone()
    if objective == "adaptive":
        results["adaptive.means"] = adaptive.means


def main():
    torch.set_num_threads(1)
    expected = load_file(KIT / "expected.safetensors")
    results = {}
    for objective in ("p2", "min_snr", "adaptive", "class"):
        train(objective, expected, results)
    save_file(results, HERE / "objectives.safetensors")


if __name__ == "__main__":
    main()
