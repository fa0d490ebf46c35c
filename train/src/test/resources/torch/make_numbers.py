"""Numbers that training tests compare with: python make_numbers.py WUERSTCHEN_FIXTURE

WUERSTCHEN_FIXTURE is the test kit's folder wuerstchen/. Writes gradients.safetensors and
discriminator.safetensors beside this script. Made with torch 2.15, diffusers 0.42.1, torchvision.
"""

import json
import os
import sys

import torch
from diffusers.pipelines.deprecated.wuerstchen.modeling_paella_vq_model import PaellaVQModel
from diffusers.pipelines.deprecated.wuerstchen.modeling_wuerstchen_diffnext import WuerstchenDiffNeXt
from safetensors.torch import load_file, save_file
from torch import nn
from torchvision.models.efficientnet import EfficientNet, FusedMBConvConfig, MBConvConfig

torch.set_num_threads(1)
here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1]
case = load_file(os.path.join(folder, "expected.safetensors"))
numbers = {}


def keep_gradients(prefix, module):
    """For each weight the gradient's norm and its product with the weight: two numbers tell."""
    for name, weight in module.named_parameters():
        if weight.grad is not None:
            values = torch.stack([weight.grad.norm(), (weight.grad * weight).sum()])
            numbers[f"{prefix}.{name}"] = values.detach()


# Stage B, and what it tells the image encoder.
decoder = WuerstchenDiffNeXt.from_pretrained(os.path.join(folder, "decoder", "decoder"))
decoder.eval()  # without dropout; nothing else differs in training
maps = case["decoder.effnet"].clone().requires_grad_()
noise = torch.randn(case["decoder.x"].shape, generator=torch.Generator().manual_seed(1))
out = decoder(case["decoder.x"], case["decoder.r"], maps, case["decoder.clip"])
loss = nn.functional.mse_loss(out, noise)
loss.backward()
numbers["decoder_noise"] = noise
numbers["decoder_loss"] = loss.detach().reshape(1)
numbers["decoder_maps"] = maps.grad
keep_gradients("decoder", decoder)

# Stage A, reconstruction through the batch's own statistics.
vqgan = PaellaVQModel.from_pretrained(os.path.join(folder, "decoder", "vqgan"))
vqgan.train()
latents = vqgan.encode(case["vq.image"]).latents
loss = nn.functional.mse_loss(vqgan.decode(latents).sample, case["vq.image"])
loss.backward()
numbers["vqgan_loss"] = loss.detach().reshape(1)
numbers["vqgan_running_mean"] = dict(vqgan.named_buffers())["down_blocks.3.1.running_mean"].clone()
numbers["vqgan_running_var"] = dict(vqgan.named_buffers())["down_blocks.3.1.running_var"].clone()
keep_gradients("vqgan", vqgan)

# The image encoder, by its batch norms' training statistics.
config = json.load(open(os.path.join(folder, "image_encoder", "config.json")))
effnet = config["effnet"]
stages = [
    (FusedMBConvConfig if s["block"] == "fused" else MBConvConfig)(
        s["expand_ratio"], s["kernel"], s["stride"], s["in_channels"], s["out_channels"], s["layers"])
    for s in effnet["stages"]
]
norm = lambda channels: nn.BatchNorm2d(channels, eps=effnet["norm_eps"])
backbone = EfficientNet(stages, dropout=0.0, stochastic_depth_prob=0.0, norm_layer=norm,
                        last_channel=effnet["last_channel"]).features
latent = config["c_latent"]
mapper = nn.Sequential(nn.Conv2d(effnet["last_channel"], latent, 1, bias=False), nn.BatchNorm2d(latent))
encoder = nn.ModuleDict(dict(backbone=backbone, mapper=mapper))
encoder.load_state_dict(load_file(os.path.join(folder, "image_encoder", "diffusion_pytorch_model.safetensors")))
encoder.train()
made = mapper(backbone(case["effnet.x"]))
target = torch.randn(made.shape, generator=torch.Generator().manual_seed(2))
loss = nn.functional.mse_loss(made, target)
loss.backward()
numbers["image_encoder_target"] = target
numbers["image_encoder_loss"] = loss.detach().reshape(1)
keep_gradients("image_encoder", encoder)
save_file({k: v.contiguous() for k, v in numbers.items()}, os.path.join(here, "gradients.safetensors"))

# The discriminator of Stage A's original code, small: depth 4, width 16.
torch.manual_seed(3)
depth, width = 4, 16
layers, channels = [], 3
for i in range(depth):
    out = width // 2 ** max(0, 3 - i)
    layers.append(nn.utils.spectral_norm(nn.Conv2d(channels, out, 3, stride=2, padding=1)))
    if i > 0:
        layers.append(nn.InstanceNorm2d(out))
    layers.append(nn.LeakyReLU(0.2))
    channels = out
network = nn.Sequential(*layers, nn.Conv2d(channels, 1, 1))
convolutions = [layer for layer in network if isinstance(layer, nn.Conv2d)]
d = {}
for i, layer in enumerate(convolutions[:-1]):
    d[f"weights.layers.{i}.weight_orig"] = layer.weight_orig.detach().clone()
    d[f"weights.layers.{i}.bias"] = layer.bias.detach().clone()
    d[f"weights.layers.{i}.weight_u"] = layer.weight_u.clone()
d["weights.verdict.weight"] = convolutions[-1].weight.detach().clone()
d["weights.verdict.bias"] = convolutions[-1].bias.detach().clone()
network.train()
pictures = torch.rand(2, 3, 48, 64)
verdict = network(pictures)
nn.functional.softplus(-verdict).mean().backward()
d["pictures"] = pictures
d["verdict"] = verdict.detach()
d["second_verdict"] = network(pictures).detach()
for i, layer in enumerate(convolutions[:-1]):
    d[f"gradient.layers.{i}.weight_orig"] = layer.weight_orig.grad.clone()
    d[f"after.layers.{i}.weight_u"] = layer.weight_u.clone()
save_file({k: v.contiguous() for k, v in d.items()}, os.path.join(here, "discriminator.safetensors"))
