"""LoRA files of other tools, and what they do: python make_lora.py WUERSTCHEN_FIXTURE

WUERSTCHEN_FIXTURE is the test kit's folder wuerstchen/. Writes the files beside this script: those
in peft's and diffusers' dialects by these libraries themselves, kohya's and the older ones by
renaming their tensors. Made with torch 2.15, diffusers 0.42.1, transformers 5.23, peft 0.21.2.
"""

import os
import shutil
import sys

import torch
from diffusers.pipelines.deprecated.wuerstchen.modeling_wuerstchen_prior import WuerstchenPrior
from peft import LoraConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel

torch.set_num_threads(1)
here = os.path.dirname(os.path.abspath(__file__))
folder = sys.argv[1]
case = load_file(os.path.join(folder, "expected.safetensors"))
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
TEXT_ATTENTION = ["q_proj", "k_proj", "v_proj", "out_proj"]
LINEAR = r"blocks\.\d+\.(attention\.(to_[qkv]|to_out\.0)|kv_mapper\.1|channelwise\.[04]|mapper)|cond_mapper\.[02]"
expected = {}


def prior():
    # Without dropout; nothing else differs in training.
    return WuerstchenPrior.from_pretrained(os.path.join(folder, "prior", "prior")).eval()


def text():
    return CLIPTextModel.from_pretrained(os.path.join(folder, "prior", "text_encoder")).eval()


def randomised(network, seed):
    """B too: at its zeros an adapter does nothing, and A learns nothing."""
    random = torch.Generator().manual_seed(seed)
    for name, weight in network.named_parameters():
        if "lora_" in name:
            weight.data = 0.2 * torch.randn(weight.shape, generator=random)
    return network


def denoised(network):
    with torch.no_grad():
        return network(case["prior.x"], case["prior.r"], case["prior.c"])


def states(network):
    with torch.no_grad():
        return network(case["text.ids"], attention_mask=case["text.mask"])[0]


def target(name):
    return os.path.join(here, name)


# As diffusers' script for Würstchen: alpha is the rank. With a text tower, as its others have one.
network = prior()
network.add_adapter(LoraConfig(r=3, lora_alpha=3, target_modules=ATTENTION))
tower = text()
tower.add_adapter(LoraConfig(r=2, lora_alpha=2, target_modules=TEXT_ATTENTION))
randomised(network, 1)
randomised(tower, 2)
own = {f"prior.{k}": v for k, v in get_peft_model_state_dict(network).items()}
own |= {f"text_encoder.{k}": v for k, v in get_peft_model_state_dict(tower).items()}
save_file(own, target("pytorch_lora_weights.safetensors"), {"format": "pt"})
expected["diffusers"] = denoised(network)
expected["diffusers_text"] = states(tower)
network.set_adapters("default", 0.25)
expected["diffusers_quarter"] = denoised(network)

# The same as diffusers wrote it before peft, and as OneTrainer and kohya's scripts name it.
older = {
    k.replace("lora_A", "lora.down").replace("lora_B", "lora.up"): v for k, v in own.items()
}
save_file(older, target("older.safetensors"), {"format": "pt"})
kohya = {}
for name, value in own.items():
    module, factor = name.rsplit(".lora_", 1)
    for before, after in (("prior.", "lora_prior_unet_"), ("text_encoder.", "lora_prior_te_")):
        if module.startswith(before):
            path = module[len(before) :]
            if before == "text_encoder." and not path.startswith("text_model."):
                path = "text_model." + path
            module = after + path.replace(".", "_")
    kohya[f"{module}.lora_{'down' if factor[0] == 'A' else 'up'}.weight"] = value
    # Half the rank: they store B twice as large for the same change.
    kohya[f"{module}.alpha"] = torch.tensor((3 if "unet" in module else 2) / 2.0)
kohya = {k: 2 * v if "lora_up" in k else v for k, v in kohya.items()}
save_file(kohya, target("kohya.safetensors"), {"ss_network_module": "networks.lora"})

# peft's own folder, with ranks and alphas that differ from layer to layer.
config = LoraConfig(
    r=4,
    lora_alpha=6,
    target_modules=LINEAR,
    rank_pattern={"kv_mapper.1": 2, "blocks.2.attention.to_q": 5},
    alpha_pattern={"channelwise.0": 1},
)
network = randomised(get_peft_model(prior(), config), 3)
shutil.rmtree(target("peft"), ignore_errors=True)
network.save_pretrained(target("peft"))
os.remove(os.path.join(target("peft"), "README.md"))
expected["peft"] = denoised(network)

# What its factors learn from a step.
network.train()
network.base_model.model.eval()
out = network(case["prior.x"], case["prior.r"], case["prior.c"])
wanted = torch.randn(out.shape, generator=torch.Generator().manual_seed(4))
loss = torch.nn.functional.mse_loss(out, wanted)
loss.backward()
expected["wanted"] = wanted
expected["loss"] = loss.detach().reshape(1)
for name, weight in network.base_model.model.named_parameters():
    if weight.grad is not None:
        assert "lora_" in name, name
        expected["gradient.prior." + name.replace(".default", "")] = weight.grad

save_file(expected, target("expected.safetensors"))
