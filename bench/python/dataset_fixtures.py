"""Writes the small data sets that the tests of train.source and train.parquet read.

    python bench/python/dataset_fixtures.py train/src/test/resources/sets

The pictures are blocks of colours, 12 x 8 pixels, made from a seed.
"""

import io
import pathlib
import sys

import datasets
import numpy
import pyarrow
import pyarrow.parquet
import webdataset
from PIL import Image

COUNT = 6


def picture(number):
    random = numpy.random.default_rng(number)
    small = random.integers(0, 256, (2, 3, 3), dtype=numpy.uint8)
    return Image.fromarray(small.repeat(4, axis=0).repeat(4, axis=1))


def encoded(number):
    stream = io.BytesIO()
    picture(number).save(stream, format="PNG")
    return stream.getvalue()


def caption(number):
    return f"picture {number} of six"


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"image": {"bytes": encoded(i), "path": f"{i}.png"}, "text": caption(i)} for i in range(COUNT)]
    features = datasets.Features({"image": datasets.Image(), "text": datasets.Value("string")})
    hub = datasets.Dataset.from_list(rows, features=features)
    hub.to_parquet(folder / "hub.parquet", batch_size=4)

    table = pyarrow.Table.from_pylist(
        [
            {
                "picture": {"bytes": encoded(i), "path": None},
                "captions": [] if i == 3 else [f"first {i}", f"second {i}"][: 1 + i % 2],
                "weight": 0.5 * i,
                "id": i,
            }
            for i in range(COUNT)
        ],
        schema=pyarrow.schema(
            [
                ("picture", pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])),
                ("captions", pyarrow.list_(pyarrow.string())),
                ("weight", pyarrow.float32()),
                ("id", pyarrow.int32()),
            ]
        ),
    )
    for codec in ["none", "snappy", "gzip", "zstd", "brotli"]:
        for version in ["1.0", "2.0"]:
            pyarrow.parquet.write_table(
                table,
                folder / f"{codec}-v{version[0]}.parquet",
                compression=codec,
                data_page_version=version,
                row_group_size=4,
                data_page_size=64,
                write_batch_size=1,
                use_dictionary=version == "1.0",
                write_page_checksum=version == "2.0",
            )
    for shard in range(2):
        with webdataset.TarWriter(str(folder / f"shard-{shard:03d}.tar"), mtime=0) as tar:
            for i in range(3 * shard, 3 * shard + 3):
                sample = {"__key__": f"part/{i:04d}", "png": encoded(i)}
                if i == 1:
                    sample["json"] = {"caption": [caption(i), "again " + caption(i)], "weight": 2}
                elif i == 2:
                    sample["cls"] = "a class"
                else:
                    sample["txt"] = caption(i)
                tar.write(sample)
    metadata = [{"file_name": f"{i}.png", "text": f'{caption(i)}, "quoted", with ä', "weight": 1 + i} for i in range(2)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(metadata), folder / "metadata.parquet")


if __name__ == "__main__":
    write(pathlib.Path(sys.argv[1]))
