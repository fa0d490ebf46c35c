"""diffusers' side of "bench/run finetune": the loop of its train_text_to_image_prior.py, step by step as the bench asks.

With "make" it first writes what both sides read: a Stage C with random weights, its text tower and image encoder, and
captioned pictures. Otherwise it reads requests, one JSON object a line, and answers each with one;
dev.currywurst.bench.TrainingSide answers the same for Currywurst.
"""

import argparse
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

import accelerate  # noqa: E402
import datasets  # noqa: E402
import diffusers  # noqa: E402
import numpy  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
import transformers  # noqa: E402
from diffusers import DDPMWuerstchenScheduler  # noqa: E402
from diffusers.optimization import get_scheduler  # noqa: E402
from diffusers.pipelines.deprecated.wuerstchen import WuerstchenPrior  # noqa: E402
from PIL import Image  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torchvision import transforms  # noqa: E402
from torchvision.models.efficientnet import EfficientNet, FusedMBConvConfig, MBConvConfig, efficientnet_v2_s  # noqa: E402
from tqdm.auto import tqdm  # noqa: E402
from transformers import CLIPTextModel, CLIPTokenizer  # noqa: E402

import weights  # noqa: E402

POCKET_ENCODER = [
    ("fused", 1, 3, 1, 16, 16, 1),
    ("fused", 4, 3, 2, 16, 32, 1),
    ("fused", 4, 3, 2, 32, 56, 2),
    ("mb", 4, 3, 2, 56, 96, 3),
]
SIZES = {
    # Layers as wide as the published ones; as many blocks as --depth says.
    "wide": dict(
        text=dict(hidden_size=1280, num_hidden_layers=32, num_attention_heads=20),
        prior=dict(c_in=16, c=1536, c_cond=1280, c_r=64, nhead=24),
        stages=None, last=1280, tokens=77,
    ),
    # The model that comes with Currywurst.
    "pocket": dict(
        text=dict(hidden_size=128, num_hidden_layers=3, num_attention_heads=4),
        prior=dict(c_in=16, c=192, c_cond=128, c_r=64, nhead=6),
        stages=POCKET_ENCODER, last=160, tokens=32,
    ),
}


class EfficientNetEncoder(torch.nn.Module):
    """The script's own, with a backbone of any size."""

    def __init__(self, stages, last, latent):
        super().__init__()
        if stages is None:
            self.backbone = efficientnet_v2_s(weights=None).features
        else:
            configs = [(FusedMBConvConfig if s[0] == "fused" else MBConvConfig)(*s[1:]) for s in stages]
            norm = lambda channels: torch.nn.BatchNorm2d(channels, eps=1e-3)  # noqa: E731
            self.backbone = EfficientNet(configs, dropout=0.0, norm_layer=norm, last_channel=last).features
        self.mapper = torch.nn.Sequential(
            torch.nn.Conv2d(last, latent, kernel_size=1, bias=False), torch.nn.BatchNorm2d(latent)
        )

    def forward(self, x):
        return self.mapper(self.backbone(x))


def make(out, size, depth, pixels, pictures, tokenizer):
    sizes, generator = SIZES[size], torch.Generator().manual_seed(1)
    with torch.device("meta"):
        text = weights.text_tower(**sizes["text"])
        prior = WuerstchenPrior(**sizes["prior"], depth=depth)
    encoder = EfficientNetEncoder(sizes["stages"], sizes["last"], sizes["prior"]["c_in"])
    weights.save(text, f"{out}/prior/text_encoder", generator, torch.float32, file="model.safetensors")
    weights.save(prior, f"{out}/prior/prior", generator, torch.float32, calm=("out.1.",))
    weights.frame(
        f"{out}/prior", "WuerstchenPriorPipeline", tokenizer,
        prior=["diffusers", "WuerstchenPrior"], latent_mean=42.0, latent_std=1.0, resolution_multiple=42.67,
    )
    with open(f"{out}/prior/tokenizer/tokenizer_config.json", "r+") as file:
        config = json.load(file)
        file.seek(0)
        file.truncate()
        json.dump({**config, "model_max_length": sizes["tokens"]}, file)
    os.makedirs(f"{out}/image_encoder", exist_ok=True)
    state = weights.random_state(encoder, generator, torch.float32, ("-",))
    save_file(state, f"{out}/image_encoder/diffusion_pytorch_model.safetensors")
    effnet = "efficientnet_v2_s"
    if sizes["stages"] is not None:
        names = ("block", "expand_ratio", "kernel", "stride", "in_channels", "out_channels", "layers")
        effnet = dict(stages=[dict(zip(names, stage)) for stage in sizes["stages"]], last_channel=sizes["last"], norm_eps=1e-3)
    with open(f"{out}/image_encoder/config.json", "w") as file:
        json.dump(
            dict(_class_name="EfficientNetEncoder", c_latent=sizes["prior"]["c_in"], c_cond=sizes["last"], effnet=effnet), file
        )
    random = numpy.random.default_rng(1)
    os.makedirs(f"{out}/pictures", exist_ok=True)
    words = "a small red blue green house tree cat dog beside under of with big old".split()
    with open(f"{out}/pictures/metadata.jsonl", "w") as file:
        for i in range(pictures):
            coarse = Image.fromarray(random.integers(0, 256, (9, 9, 3), dtype=numpy.uint8))
            coarse.resize((pixels, pixels), Image.BICUBIC).save(f"{out}/pictures/{i}.png")
            print(json.dumps(dict(file_name=f"{i}.png", text=" ".join(random.choice(words, 12)))), file=file)
    open(f"{out}/complete", "w").close()


def pictures(folder, cache, tokenizer, resolution):
    """The script's data: "imagefolder" of Hugging Face datasets, prepared when it is read."""
    dataset = datasets.load_dataset("imagefolder", data_files={"train": f"{folder}/**"}, cache_dir=cache)
    effnet_transforms = transforms.Compose(
        [
            transforms.Resize(resolution, interpolation=transforms.InterpolationMode.BILINEAR, antialias=True),
            transforms.CenterCrop(resolution),
            transforms.ToTensor(),
            transforms.Normalize(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        ]
    )

    def preprocess_train(examples):
        images = [image.convert("RGB") for image in examples["image"]]
        examples["effnet_pixel_values"] = [effnet_transforms(image) for image in images]
        inputs = tokenizer(
            list(examples["text"]), max_length=tokenizer.model_max_length, padding="max_length", truncation=True,
            return_tensors="pt",
        )
        examples["text_input_ids"], examples["text_mask"] = inputs.input_ids, inputs.attention_mask.bool()
        return examples

    return dataset["train"].with_transform(preprocess_train)


def collate_fn(examples):
    columns = ("effnet_pixel_values", "text_input_ids", "text_mask")
    return {column: torch.stack([example[column] for example in examples]) for column in columns}


class Side:
    def start(self, request):
        torch.set_num_threads(request["threads"])
        return dict(
            runtime=f"Python {platform.python_version()}, torch {torch.__version__}, diffusers {diffusers.__version__},"
            f" transformers {transformers.__version__}, accelerate {accelerate.__version__}"
        )

    def load(self, request):
        model, size = request["model"], SIZES[request["size"]]
        half = request["dtype"] == "bfloat16"
        output = f"{request['output']}/diffusers"
        # Events of the loss and a progress bar at each step, as the script has them by default, and we too.
        self.accelerator = accelerate.Accelerator(
            mixed_precision="bf16" if half else "no", cpu=True, log_with="tensorboard", project_dir=output
        )
        self.accelerator.init_trackers("text2image-fine-tune")
        self.progress_bar = tqdm(file=open(os.devnull, "w"))
        self.weight_dtype = torch.bfloat16 if half else torch.float32
        self.noise_scheduler = DDPMWuerstchenScheduler()
        tokenizer = CLIPTokenizer.from_pretrained(f"{model}/prior/tokenizer")
        image_encoder = EfficientNetEncoder(size["stages"], size["last"], size["prior"]["c_in"])
        image_encoder.load_state_dict(load_file(f"{model}/image_encoder/diffusion_pytorch_model.safetensors"))
        self.image_encoder = image_encoder.eval().requires_grad_(False).to(self.weight_dtype)
        text_encoder = CLIPTextModel.from_pretrained(f"{model}/prior/text_encoder", torch_dtype=self.weight_dtype)
        self.text_encoder = text_encoder.eval().requires_grad_(False)
        prior = WuerstchenPrior.from_pretrained(f"{model}/prior/prior")
        # As the script, but with the fused kernel, which is faster than its default on the CPU.
        optimizer = torch.optim.AdamW(
            prior.parameters(), lr=1e-5, betas=(0.9, 0.999), weight_decay=0.0, eps=1e-8, fused=True
        )
        resolution = request["pixels"] * 3 // 4  # what the image encoder sees of such a picture
        loader = torch.utils.data.DataLoader(
            pictures(f"{model}/pictures", f"{output}/cache", tokenizer, resolution),
            shuffle=True, collate_fn=collate_fn, batch_size=request["batch"], drop_last=True,
        )
        scheduler = get_scheduler("constant", optimizer=optimizer)
        self.prior, self.optimizer, self.loader, self.lr_scheduler = self.accelerator.prepare(
            prior, optimizer, loader, scheduler
        )
        self.prior.train()
        self.batches = self.endless()
        self.kept = None
        self.global_step = 0
        return {}

    def endless(self):
        while True:
            for batch in self.loader:
                yield batch

    def encode(self, batch):
        pixels = batch["effnet_pixel_values"].to(self.weight_dtype)
        prompt_embeds = self.text_encoder(batch["text_input_ids"], attention_mask=batch["text_mask"]).last_hidden_state
        return prompt_embeds, self.image_encoder(pixels).add(1.0).div(42.0)

    def step(self):
        with self.accelerator.accumulate(self.prior):
            with torch.no_grad():
                prompt_embeds, image_embeds = self.kept or self.encode(next(self.batches))
                noise = torch.randn_like(image_embeds)
                timesteps = torch.rand((image_embeds.shape[0],), dtype=self.weight_dtype)
                noisy_latents = self.noise_scheduler.add_noise(image_embeds, noise, timesteps)
            pred_noise = self.prior(noisy_latents, timesteps, prompt_embeds)
            loss = F.mse_loss(pred_noise.float(), noise.float(), reduction="mean")
            train_loss = self.accelerator.gather(loss.repeat(noise.shape[0])).mean().item()
            self.accelerator.backward(loss)
            if self.accelerator.sync_gradients:
                self.accelerator.clip_grad_norm_(self.prior.parameters(), 1.0)
            self.optimizer.step()
            self.lr_scheduler.step()
            self.optimizer.zero_grad()
        self.progress_bar.update(1)
        self.global_step += 1
        self.accelerator.log({"train_loss": train_loss}, step=self.global_step)
        logs = {"step_loss": loss.detach().item(), "lr": self.lr_scheduler.get_last_lr()[0]}
        self.progress_bar.set_postfix(**logs)
        return logs["step_loss"]

    def keep(self, request):
        """From now on no frozen network runs: what is left is the training itself."""
        with torch.no_grad():
            self.kept = self.encode(next(self.batches))
        return {}

    def run(self, request):
        begin, cpu = time.perf_counter(), time.process_time()
        for _ in range(request["steps"]):
            loss = self.step()
        return dict(
            seconds=(time.perf_counter() - begin) / request["steps"],
            cpu=(time.process_time() - cpu) / request["steps"],
            loss=loss,
        )

    def update(self, request):
        """The update alone, with gradients that are there already, and without the script's clipping."""
        for weight in self.prior.parameters():
            weight.grad = torch.full_like(weight, 1e-3)
        begin = time.perf_counter()
        self.optimizer.step()
        seconds = time.perf_counter() - begin
        self.optimizer.zero_grad()
        return dict(seconds=seconds)

    def peak(self, request):
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return dict(bytes=int(line.split()[1]) * 1024)
        return {}


def main():
    if len(sys.argv) > 1:
        parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("make", choices=["make"])
        parser.add_argument("out")
        parser.add_argument("--size", choices=list(SIZES), required=True)
        parser.add_argument("--depth", type=int, required=True)
        parser.add_argument("--pixels", type=int, required=True)
        parser.add_argument("--pictures", type=int, required=True)
        parser.add_argument("--tokenizer", required=True, help="a folder with vocab.json and merges.txt")
        options = parser.parse_args()
        make(options.out, options.size, options.depth, options.pixels, options.pictures, options.tokenizer)
        return
    side = Side()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(side, request["command"])(request)
        except Exception as problem:  # told to the bench, which ends the case
            answer = dict(error=f"{type(problem).__name__}: {problem}")
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
