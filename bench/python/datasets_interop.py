"""Hugging Face `datasets` and Currywurst read the same sets alike.

    python bench/python/datasets_interop.py [--currywurst ./currywurst]

Writes sets of pictures of all usual modes as imagefolder (jsonl, csv, parquet metadata), Parquet
(as `Dataset.push_to_hub` and as pandas write it) and WebDataset tars, reads each with `datasets`
and with `currywurst dataset list --json --pixels`, and compares order, captions, pixels and the
files' bytes. Tars of mixed endings, which `datasets` does not take, are read with `webdataset`.
Exits with 1 if any set differs.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import datasets
import numpy
import pyarrow
import pyarrow.parquet
import webdataset
from PIL import Image

MODES = {
    "rgb.png": ("RGB", "PNG", {}),
    "rgba.png": ("RGBA", "PNG", {}),
    "gray.png": ("L", "PNG", {}),
    "gray-alpha.png": ("LA", "PNG", {}),
    "palette.png": ("P", "PNG", {}),
    "palette.gif": ("P", "GIF", {}),
    "one-bit.png": ("1", "PNG", {}),
    "rgb.jpg": ("RGB", "JPEG", {"quality": 90}),
    "gray.jpg": ("L", "JPEG", {}),
    "cmyk.jpg": ("CMYK", "JPEG", {}),
    "progressive.jpeg": ("RGB", "JPEG", {"progressive": True, "subsampling": 0}),
    "lossless.webp": ("RGB", "WEBP", {"lossless": True}),
    "lossy.webp": ("RGB", "WEBP", {}),
    "rgb.bmp": ("RGB", "BMP", {}),
    "one-pixel.png": ("RGB", "PNG", {}),
}

# ImageIO's WebP reader enlarges colours without libwebp's smoothing, so only its size is compared.
OTHER_PIXELS = {"lossy.webp"}


def pictures():
    """Name to encoded picture: soft gradients with noise, so that no codec has it easy."""
    random = numpy.random.default_rng(0)
    result = {}
    for number, (name, (mode, kind, options)) in enumerate(MODES.items()):
        height, width = (1, 1) if name.startswith("one-pixel") else (40 + number, 56 - number)
        y, x = numpy.mgrid[0:height, 0:width]
        planes = [(x * 3 + y * k + random.integers(0, 40, x.shape)) % 256 for k in range(1, 5)]
        rgba = Image.fromarray(numpy.stack(planes, axis=-1).astype(numpy.uint8), "RGBA")
        stream = io.BytesIO()
        rgba.convert(mode).save(stream, format=kind, **options)
        result[name] = stream.getvalue()
    return result


def caption(number):
    return f'{number}: "quoted", with a comma, ä and 日本'


def write_sets(folder):
    """Title of a set to (source for us, what `theirs` loads, names of its pictures)."""
    encoded = pictures()
    names = list(encoded)
    sets = {}
    rows = [{"file_name": name, "text": caption(i)} for i, name in enumerate(names)]
    for kind in ["jsonl", "csv", "parquet"]:
        place = folder / f"imagefolder-{kind}"
        place.mkdir()
        for name in names:
            (place / name).write_bytes(encoded[name])
        if kind == "jsonl":
            (place / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        elif kind == "csv":
            with open(place / "metadata.csv", "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, ["file_name", "text"])
                writer.writeheader()
                writer.writerows(rows)
        else:
            pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), place / "metadata.parquet")
        sets[place.name] = (str(place), dict(path="imagefolder", data_dir=str(place)))
    hub = folder / "hub"
    (hub / "data").mkdir(parents=True)
    table = [{"image": {"bytes": encoded[n], "path": n}, "text": caption(i)} for i, n in enumerate(names)]
    features = datasets.Features({"image": datasets.Image(), "text": datasets.Value("string")})
    half = len(table) // 2
    for part, some in enumerate([table[:half], table[half:]]):
        datasets.Dataset.from_list(some, features=features).to_parquet(
            hub / "data" / f"train-{part:05d}-of-00002.parquet"
        )
    sets["hub parquet"] = (str(hub), dict(path=str(hub)))
    for codec in ["zstd", "gzip", "none"]:
        file = folder / f"{codec}.parquet"
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(table), file, compression=codec, row_group_size=4, data_page_size=512
        )
        sets[file.name] = (str(file), dict(path="parquet", data_files=str(file), features=features))
    for ending, some in by_ending(names).items():
        files = write_tars(folder / f"tars-{ending}", some, encoded)
        loading = dict(path="webdataset", data_files=[str(file) for file in files])
        sets[f"webdataset {ending}"] = (braces(files), loading, some)
    files = write_tars(folder / "tars", names, encoded)
    sets["webdataset, all"] = (braces(files), [str(file) for file in files], names)
    return {title: (*one, names) if len(one) == 2 else one for title, one in sets.items()}


def by_ending(names):
    """`datasets` makes a column of each ending, and wants all of them in every sample."""
    groups = {}
    for name in names:
        groups.setdefault(pathlib.Path(name).suffix[1:], []).append(name)
    return groups


def write_tars(folder, names, encoded):
    folder.mkdir()
    with webdataset.ShardWriter(str(folder / "%05d.tar"), maxcount=4, verbose=0) as shards:
        for i, name in enumerate(names):
            shards.write({"__key__": f"{i:05d}", pathlib.Path(name).suffix[1:]: encoded[name], "txt": caption(i)})
    return sorted(folder.iterdir())


def braces(files):
    return f"{files[0].parent}/{{00000..{len(files) - 1:05d}}}.tar"


def ours(command, source, cache):
    environment = {**os.environ, "CURRYWURST_CACHE": str(cache)}
    done = subprocess.run(
        [*command, "dataset", "list", source, "--json", "--pixels"], capture_output=True, env=environment
    )
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


ENDINGS = sorted({pathlib.Path(name).suffix[1:] for name in MODES})


def theirs(loading, cache):
    """Captions and pictures as `datasets` reads them or, from a list of tars, as `webdataset` does."""
    if isinstance(loading, list):
        samples = webdataset.WebDataset(loading, shardshuffle=False)
        encoded = [(s["txt"].decode(), next(s[e] for e in ENDINGS if e in s)) for s in samples]
        return [(text, Image.open(io.BytesIO(picture)).convert("RGBA")) for text, picture in encoded]
    rows = []
    for row in datasets.load_dataset(**loading, cache_dir=cache, split="train"):
        picture = row["image"] if "image" in row else next(row[e] for e in ENDINGS if e in row)
        rows.append((row["text"] if "text" in row else row["txt"], picture.convert("RGBA")))
    return rows


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--currywurst", default="./currywurst", help="the command, with its arguments")
    command = shlex.split(parser.parse_args().currywurst)
    datasets.disable_progress_bars()
    different = 0
    encoded = pictures()
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for title, (source, loading, names) in write_sets(folder).items():
            mine = ours(command, source, folder / "cache")
            other = theirs(loading, str(folder / "datasets-cache"))
            captions = [row["captions"] == [text] for row, (text, _) in zip(mine, other)]
            pixels = [
                (row["width"], row["height"]) == picture.size
                and (name in OTHER_PIXELS or row["pixels_sha256"] == hashlib.sha256(picture.tobytes()).hexdigest())
                for row, (_, picture), name in zip(mine, other, names)
            ]
            files = [row["sha256"] == hashlib.sha256(encoded[name]).hexdigest() for row, name in zip(mine, names)]
            wrong = [row["name"] for row, *good in zip(mine, captions, pixels, files) if not all(good)]
            same = len(mine) == len(other) and not wrong
            different += not same
            print(
                f"{title:22} {len(mine):3} of {len(other):3} pictures, captions {sum(captions)}, pixels {sum(pixels)},"
                f" files {sum(files)}: {'alike' if same else 'DIFFERENT: ' + ', '.join(wrong)}"
            )
    print(f"datasets {datasets.__version__}, webdataset {webdataset.__version__}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
