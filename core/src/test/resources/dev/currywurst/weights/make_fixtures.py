"""Makes the files beside it: python make_fixtures.py (torch 2.10 or newer, safetensors).

They are committed, so that no test needs Python.
"""

import collections
import os
import zipfile

import numpy
import torch
from safetensors.torch import save_file
from torch import nn

os.chdir(os.path.dirname(os.path.abspath(__file__)))
torch.manual_seed(1)

# ---- every type, a scalar, an empty tensor: the same in all formats

DTYPES = {
    "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "F64": torch.float64,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8,
    "U8": torch.uint8, "BOOL": torch.bool,
    "C64": torch.complex64, "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64,
}  # fmt: skip
types = {}
for name, dtype in DTYPES.items():
    types[f"{name}.matrix"] = (torch.arange(6) - 2).abs().reshape(2, 3).to(dtype)
types["scalar"] = torch.tensor(2.5)
types["empty"] = torch.empty(0, 4)
types["größe"] = torch.ones(3, dtype=torch.uint8)  # names are UTF-8
save_file(types, "types.safetensors", metadata={"format": "pt"})
torch.save(types, "types.zip.pt")
torch.save(types, "types.legacy.pt", _use_new_zipfile_serialization=False)

# ---- views: transposed, shared, with offsets and gaps; and what else a training run saves

base = torch.arange(24.0)
views = collections.OrderedDict(
    base=base,
    transposed=base.reshape(4, 6).t(),
    middle=base[5:11],
    every_third=base[1::3],
    block=base.reshape(4, 6)[1:3, 2:5],
    channels_last=torch.arange(48.0).reshape(2, 3, 2, 4).contiguous(memory_format=torch.channels_last),
    parameter=nn.Parameter(torch.tensor([1.0, 2.0])),
    tagged=nn.Parameter(torch.tensor([3.0, 4.0])),
    repeated=torch.tensor([7.0]).expand(5),
)
views["tagged"].remark = "a parameter with an attribute"
linear = nn.Linear(3, 2)
optimizer = torch.optim.AdamW(linear.parameters(), lr=1e-3)
linear(torch.ones(1, 3)).sum().backward()
optimizer.step()
for kind, zipped in (("zip", True), ("legacy", False)):
    torch.save(
        {
            "state_dict": views,
            "model": linear.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "iter": 2**70,
            "metrics": {"loss": 0.25, "mean": numpy.float64(0.5), "seen": {1, 2}},
            "device": torch.device("cpu"),
            "dtype": torch.bfloat16,
            "size": torch.Size([1, 2]),
            "list": [torch.tensor([1]), (torch.tensor([2]), None)],
            "wandb_run_id": "run",
        },
        f"views.{kind}.pt",
        _use_new_zipfile_serialization=zipped,
    )

# ---- Würstchen's own names (modules.py of github.com/dome272/Wuerstchen), and diffusers'


class Attention2D(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attn = nn.MultiheadAttention(c, 2, bias=True, batch_first=True)


class AttnBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.attention = Attention2D(c)
        self.kv_mapper = nn.Sequential(nn.SiLU(), nn.Linear(c, c))


def stage():
    block = AttnBlock(4)
    for p in block.parameters():
        nn.init.normal_(p)
    return nn.ModuleDict({"blocks": nn.ModuleList([nn.Identity(), block])}).state_dict()


def diffusers_names(original):
    out = {}
    for name, value in original.items():
        if "attn.in_proj" in name:
            for part, chunk in zip("qkv", value.chunk(3)):
                out[name.replace("attn.in_proj_", f"to_{part}.")] = chunk.clone()
        else:
            name = name.replace("attn.out_proj", "to_out.0")
            out[name.replace("vquantizer.codebook", "vquantizer.embedding")] = value.clone()
    return out


live, ema = stage(), stage()
effnet = nn.ModuleDict({"mapper": nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2))}).state_dict()
vqgan = {"vquantizer.codebook.weight": torch.randn(8, 4), "up_blocks.0.0.weight": torch.randn(3, 4, 1, 1)}
torch.save({"state_dict": live, "ema_state_dict": ema, "iter": 1}, "original_stage_c.pt")
torch.save({"state_dict": live, "effnet_state_dict": effnet}, "original_stage_b.pt")
torch.save({"state_dict": vqgan}, "original_vqgan.pt")
expected = {f"c.{k}": v for k, v in diffusers_names(ema).items()}
expected |= {f"b.{k}": v for k, v in diffusers_names(live).items()}
expected |= {f"effnet.{k}": v.clone() for k, v in effnet.items()}
expected |= {f"a.{k}": v for k, v in diffusers_names(vqgan).items()}
save_file(expected, "original_expected.safetensors", metadata={"format": "pt"})

# ---- files that want to do harm


class Attack:
    def __reduce__(self):
        return os.system, ("touch currywurst-was-here",)


torch.save({"weight": torch.ones(1), "attack": Attack()}, "attack.zip.pt")
torch.save({"weight": torch.ones(1), "attack": Attack()}, "attack.legacy.pt", _use_new_zipfile_serialization=False)
torch.save(linear, "whole_model.pt")
torch.save({"weight": torch.ones(1)}, "protocol4.pt", pickle_protocol=4)
torch.jit.script(linear).save("torchscript.pt")
with zipfile.ZipFile("types.zip.pt") as source, zipfile.ZipFile("deflated.pt", "w", zipfile.ZIP_DEFLATED) as target:
    for entry in source.infolist():
        target.writestr(entry.filename, source.read(entry))
