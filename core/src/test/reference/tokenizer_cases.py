"""Writes core/src/test/resources/dev/currywurst/text/tokenizer-cases.json.

Texts that are easily read wrongly, and what transformers' CLIPTokenizer makes of them, for several
tokenizer folders. Run from the project's root:

    python core/src/test/reference/tokenizer_cases.py
"""

import json
import pathlib
import random
import shutil
import sys
import tempfile
import unicodedata

import tokenizers
import transformers
from transformers import CLIPTokenizer

PUBLISHED = pathlib.Path("testkit/src/main/resources/wuerstchen/prior/tokenizer")
RESOURCES = pathlib.Path("core/src/test/resources/dev/currywurst/text")

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
ASSIGNED = [c for c in CODE_POINTS if unicodedata.category(chr(c)) not in ("Cn", "Co")]
MARKS = [c for c in ASSIGNED if unicodedata.combining(chr(c))]
CASED = [c for c in ASSIGNED if chr(c).lower() != chr(c)]
COMPOSED = [c for c in ASSIGNED if unicodedata.normalize("NFD", chr(c)) != chr(c)]

FRAGMENTS = [
    "<|startoftext|>", "<|endoftext|>", "<|ENDOFTEXT|>", "<|StartOfText|>", "<|endoftext|", "|>", "<|", "</w>",
    "'s", "'S", "'t", "'re", "'ve", "'m", "'ll", "'LL", "'d", "don't", "it's", "''", "'", "\u2019s",
    " ", "  ", "\n", "\t", "\r\n", "\x00", "\x1c", "\x1f", "\x7f", "\x85", "\xa0", "\u00ad", "\u200b", "\u200d",
    "\ufeff", "\ufffd", "\uffff", "\u2028", "\u3000", "\u1680", "\u180e",
    "0", "12", "3.14", "½", "Ⅷ", "²", "٣", "①", "!", "!!", "...", "?", "_", "a_b", "#1", "8k", "C++", "e-mail",
    "İ", "ı", "ẞ", "ß", "Σ", "ΑΣ", "ς", "ǅ", "ŉ", "ﬁ", "\u212a", "\u212b", "\u2126", "ⓐ", "Ⓐ", "𐐀",
    "é", "e\u0301", "E\u0301", "ö", "a\u0315\u0300\u05aeb", "q\u0307\u0323", "\u1e9b\u0323", "\u0344", "\u0340",
    "👨‍👩‍👧‍👦", "🏳️‍🌈", "👍🏽", "🇩🇪", "☕️", "1️⃣",
    "한글", "\u1100\u1161\u11a8", "\u1100\u1161", "\uac00\u11a7", "\uac00\u11a8", "日本語", "が", "か\u3099",
    "ไทย", "हिन्दी", "\u0915\u093c", "\u0958", "العربية", "עברית", "\ufb1d", "\u0f71\u0f72\u0f74",
    "\U0002f800", "\uf900", "\U0001d15e", "\U00011935\U00011930", "\U000105d2\u0307", "\U00016121", "\U00010d50",
    "\u1c89", "\ua7dc", "\ua7ce", "\U00016ea0", "\U000323b0", "\U0010ffff", "\ue000",
]

PLAIN = [
    "", " ", "a small green dragon", "A Small   GREEN\tdragon ", "a red fish, very detailed!",
    "it's the cat's don't we'll I'd they've I'm you're", "IT'S THE CAT'S", "it' s", "!'s", "5's", "1234567890",
    "<|startoftext|>a cat<|endoftext|>", "a cat <|ENDOFTEXT|>!!", "<|endoftext|>" * 3, "<|endoftext|",
    "</w>", "a</w>b", "x" * 300, "supercalifragilisticexpialidocious" * 4,
    "a very long caption about a mouse with yellow cheeks, " * 12, "日本語の長い文章。" * 12, "🥟" * 80,
    "Würstchen mit Currysauce, bitte!", "WÜRSTCHEN", "ΟΔΥΣΣΕΥΣ", "İstanbul'da", "STRASSE straße STRAẞE",
    "naïve café", "nai\u0308ve cafe\u0301", "ﬁne ﬂour", "½ cup, 2² = 4", "C'est l'été", "👨‍👩‍👧‍👦 family",
    "line\nbreak\r\nand\ttab", "nul\x00byte", "zero\u200bwidth", "non\xa0breaking", "next\x85line", "file\x1cseparator",
]


def random_text(r):
    kind = r.random()
    if kind < 0.2:
        return "".join(chr(r.choice(CODE_POINTS)) for _ in range(r.randint(1, 8)))
    if kind < 0.4:
        block = r.choice(ASSIGNED) & ~0x7F
        return "".join(chr(r.randint(block, block + 0x7F)) for _ in range(r.randint(1, 12)))
    if kind < 0.6:
        text = ""
        for _ in range(r.randint(1, 4)):
            text += unicodedata.normalize(r.choice(["NFC", "NFD", "NFKD"]), chr(r.choice(COMPOSED)))
            text += "".join(chr(r.choice(MARKS)) for _ in range(r.randint(0, 3)))
        return text
    if kind < 0.7:
        return "".join(chr(r.choice(CASED)) for _ in range(r.randint(1, 8)))
    return "".join(r.choice(FRAGMENTS) + r.choice(["", "", " "]) for _ in range(r.randint(1, 12)))


def token(content, normalized=True, lstrip=False, rstrip=False, single_word=False, **more):
    return {
        "content": content, "normalized": normalized, "lstrip": lstrip, "rstrip": rstrip,
        "single_word": single_word, **more,
    }


def marked(content, **flags):
    return token(content, **flags, __type="AddedToken")


CONFIG = json.loads((PUBLISHED / "tokenizer_config.json").read_text())
# As openai/clip-vit-large-patch14 and its descendants have it: begin and end are "normalized".
OPENAI_CONFIG = {
    "model_max_length": 77, "bos_token": marked("<|startoftext|>"), "eos_token": marked("<|endoftext|>"),
    "unk_token": marked("<|endoftext|>"), "pad_token": "<|endoftext|>", "tokenizer_class": "CLIPTokenizer",
}
OPENAI_MAP = {
    "bos_token": token("<|startoftext|>"), "eos_token": token("<|endoftext|>"),
    "unk_token": token("<|endoftext|>"), "pad_token": "<|endoftext|>",
}
ADDED = ["<cat>", "<CAT>", "x<cat>y", "<cat>!", " <Dog> ", "<dog>", "the", "them", "the!", "THE", "K x", "aK x", "É", "e\u0301", "!"]


def folder_groups():
    """name, files beside vocabulary and merges, texts that matter there."""
    yield "nothing said", {}, []
    yield "as published by OpenAI", {
        "tokenizer_config.json": OPENAI_CONFIG, "special_tokens_map.json": OPENAI_MAP}, []
    yield "padded with !", {
        "tokenizer_config.json": OPENAI_CONFIG,
        "special_tokens_map.json": {**OPENAI_MAP, "pad_token": token("!", normalized=False)}}, ["hi!! you", "!", "a ! b"]
    yield "padded with ! by its config", {"tokenizer_config.json": {**CONFIG, "pad_token": "!"}}, ["hi!! you"]
    yield "padded with a new token", {"tokenizer_config.json": {**CONFIG, "pad_token": "<pad>"}}, ["a <pad> b"]
    yield "short rows", {"tokenizer_config.json": {**CONFIG, "model_max_length": 8}}, []
    yield "endless rows", {"tokenizer_config.json": {**CONFIG, "model_max_length": int(1e30)}}, []
    yield "taught names", {
        "tokenizer_config.json": CONFIG, "added_tokens.json": {"<cat>": 49408, "<Dog>": 49409, "the": 599}}, ADDED
    yield "taught names with flags", {
        "tokenizer_config.json": {
            **CONFIG,
            "added_tokens_decoder": {
                "49406": token("<|startoftext|>", special=True),
                "49407": token("<|endoftext|>", normalized=False, special=True),
                "49408": token("<cat>", lstrip=True, special=False),
                "49409": token("<Dog>", rstrip=True, special=False),
                "49410": token("the", normalized=False, single_word=True, special=False),
                "49411": token("<cat>!", single_word=True, lstrip=True, rstrip=True, special=False),
                "49412": token("É", special=False),
                "49413": token("K x", single_word=True, special=False),
            },
        }
    }, ADDED
    yield "files that disagree", {
        "tokenizer_config.json": {
            **CONFIG, "pad_token": marked("<pad>", normalized=False), "cls_token": marked("<cat>"),
            "mask_token": marked("<Dog>"), "extra_special_tokens": [marked("hi"), "THE"]},
        "special_tokens_map.json": {
            "mask_token": token("<Dog>", normalized=False, lstrip=True), "unk_token": "the",
            "additional_special_tokens": ["ß", "É"]},
        "added_tokens.json": {"<cat>!": 49408, "<cat>": 49409, "!": 0}}, ADDED


def cases(folder, texts):
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    length = tokenizer.model_max_length if tokenizer.model_max_length < 1e20 else 77
    roles = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    result = []
    for text in texts:
        ids = tokenizer(text, add_special_tokens=False).input_ids
        row = tokenizer(text, padding="max_length", max_length=length, truncation=True)
        used = sum(row.attention_mask)
        assert row.input_ids == [roles[0], *ids[: length - 2], roles[1], *[roles[2]] * (length - used)]
        # What diffusers' pipelines report as truncated.
        cut = tokenizer.decode(tokenizer(text).input_ids[length - 1 : -1]) if len(ids) > length - 2 else ""
        result.append({"text": text, "ids": ids, "decoded": tokenizer.decode(ids), "cutOff": cut})
    return {"roles": roles, "length": length, "cases": result}


def main():
    r = random.Random(2202)
    groups = []
    with tempfile.TemporaryDirectory() as temporary:
        def group(name, source, files, texts):
            folder = pathlib.Path(temporary) / name
            folder.mkdir()
            for path in (source / "vocab.json", source / "merges.txt"):
                shutil.copy(path, folder)
            for file, content in files.items():
                (folder / file).write_text(json.dumps(content))
            groups.append({
                "name": name, "vocabulary": source.name, "files": files, **cases(folder, texts)})

        group("published", PUBLISHED, {"tokenizer_config.json": CONFIG},
              PLAIN + FRAGMENTS + [random_text(r) for _ in range(250)])
        for name, files, texts in folder_groups():
            group(name, PUBLISHED, files, texts + PLAIN[2:15] + [
                "".join(r.choice(ADDED + FRAGMENTS) for _ in range(8)) for _ in range(8 if texts else 4)])
        trained = RESOURCES / "trained"
        group("trained", trained, {"tokenizer_config.json": json.loads((trained / "tokenizer_config.json").read_text())},
              PLAIN + [random_text(r) for _ in range(40)])

    out = ["{", f'"made with": "transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",', '"groups": [']
    for g in groups:
        head = {k: v for k, v in g.items() if k != "cases"}
        out.append(json.dumps(head)[:-1] + ', "cases": [')
        out.append(",\n".join(json.dumps(c) for c in g["cases"]))
        out.append("]}" + ("," if g is not groups[-1] else ""))
    out.append("]}")
    (RESOURCES / "tokenizer-cases.json").write_text("\n".join(out) + "\n")
    print(sum(len(g["cases"]) for g in groups), "cases", file=sys.stderr)


if __name__ == "__main__":
    main()
