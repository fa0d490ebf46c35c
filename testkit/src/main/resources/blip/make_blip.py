"""Makes a small BLIP captioner of random weights in the published layout, and transformers' numbers for it.

python make_blip.py (torch, transformers, pillow, safetensors); writes into its own folder.
"""

import json
import pathlib
import sys

import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

HERE = pathlib.Path(__file__).parent
torch.manual_seed(7)
BIAS_OF_THE_END = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
torch.set_num_threads(1)

words = (
    "a an the red green blue small big cat dog fox house tree on in of with picture there is two and ' , . ? ! - s"
    " caf ##e ##s ##ing ##er sit run ##ner play 3 5 é über ##ber u über"
).split()
vocabulary = ["[PAD]"] + [f"[unused{i}]" for i in range(4)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
vocabulary += list(dict.fromkeys(words)) + list("bcdefghijklmnopqrtvwxyz")
vocabulary = list(dict.fromkeys(vocabulary))
(HERE / "vocab.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
begin = len(vocabulary)  # [DEC]; [ENC] follows

config = BlipConfig(
    text_config=dict(
        vocab_size=begin + 2, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=24, bos_token_id=begin, eos_token_id=2, pad_token_id=0,
        sep_token_id=vocabulary.index("[SEP]"), initializer_range=0.3, projection_dim=32,
    ),
    vision_config=dict(
        hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4, image_size=32, patch_size=8,
        initializer_range=0.3, projection_dim=32,
    ),
    projection_dim=32, image_text_hidden_size=32,
)
model = BlipForConditionalGeneration(config).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            parameter.normal_(0, 1.2 / parameter.shape[-1] ** 0.5 if "embedding" not in name else 0.7)
        elif "bias" in name:
            parameter.normal_(0, 0.1)
    model.text_decoder.cls.predictions.bias[config.text_config.sep_token_id] += BIAS_OF_THE_END
model.save_pretrained(HERE)
(HERE / "generation_config.json").unlink(missing_ok=True)
processor = BlipImageProcessorPil(size={"height": 32, "width": 32})
processor.save_pretrained(HERE)

tokenizer = BertTokenizer.from_pretrained(HERE)
for left in HERE.glob("tokenizer*"):
    left.unlink()

expected, cases = {}, []
pixels = []
for i, (width, height) in enumerate([(40, 30), (25, 64), (32, 32)]):
    picture = Image.new("RGB", (width, height), (240, 230 - 60 * i, 200))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((4, 4, width - 8, height - 9), fill=(200 - 90 * i, 40 + 80 * i, 60))
    draw.rectangle((2, height // 2, width // 3, height - 3), fill=(20, 30 + 40 * i, 220 - 70 * i))
    picture.save(HERE / f"picture-{i}.png")
    pixels.append(processor(picture, return_tensors="pt")["pixel_values"][0])
pixels = torch.stack(pixels)
expected["pixels"] = pixels
with torch.no_grad():
    seen = model.vision_model(pixels).last_hidden_state
    expected["states"] = seen
    ids = torch.tensor([[begin, 11, 12, 20, 9], [begin, 13, 30, 31, 10], [begin, 9, 9, 40, 12]])
    expected["ids"] = ids
    expected["logits"] = model.text_decoder(input_ids=ids, encoder_hidden_states=seen, is_decoder=True).logits

prompt = "a picture of"
prompt_ids = tokenizer(prompt)["input_ids"]
for i in range(3):
    one = pixels[i : i + 1]
    case = {"picture": f"picture-{i}.png"}
    case["greedy"] = model.generate(one, max_new_tokens=12, num_beams=1, do_sample=False)[0].tolist()
    case["beam"] = model.generate(one, max_new_tokens=12, num_beams=3, do_sample=False)[0].tolist()
    given = torch.tensor([prompt_ids])
    case["prompted"] = model.generate(one, input_ids=given, max_new_tokens=10, num_beams=3, do_sample=False)[0].tolist()
    case["text"] = tokenizer.decode(case["prompted"], skip_special_tokens=True)
    cases.append(case)
texts = [
    "A picture of", "a red fox, sitting.", "Runner's café!", "cats  and\tdogs - 3", "ÜBER", "quux 日本 x", "", "a\u0301 \u200b b?",
]
save_file({k: v.contiguous() for k, v in expected.items()}, HERE / "expected.safetensors")
(HERE / "case.json").write_text(
    json.dumps(
        {
            "prompt": prompt,
            "cases": cases,
            "texts": [
                {"text": t, "ids": tokenizer(t)["input_ids"], "decoded": tokenizer.decode(tokenizer(t)["input_ids"], skip_special_tokens=True)}
                for t in texts
            ],
        },
        indent=1,
        ensure_ascii=False,
    )
    + "\n",
    encoding="utf-8",
)
for case in cases:
    print(case)
print(json.loads((HERE / "case.json").read_text())["texts"])
