"""Makes the pictures beside this file. Run with Pillow 13.0.0 and torchvision 0.29.2:

    python make_pictures.py

source.png and tall.png are computed here; resized/, prepared/ and decoded/ hold what Pillow and
torchvision make of them. decoded/ has pairs: a file in some format, and the same with ".png"
appended, which is what Pillow reads from it, turned as Exif says and laid on #336699.
"""

import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from torchvision import transforms

here = Path(__file__).parent
GROUND = (0x33, 0x66, 0x99)


def waves(width, height, channels):
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        127.5 + 127.5 * np.sin((x * (2 + c) + y * (5 - c)) / 6.0 + c) * np.cos(y / (3.0 + c))
        for c in range(channels)
    ]
    noise = np.random.default_rng(width * height).integers(-30, 30, (height, width, channels))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def save(image, name, **options):
    path = here / name
    path.parent.mkdir(exist_ok=True)
    image.save(path, **options)
    return path


def decoded(image, name, **options):
    expect(save(image, "decoded/" + name, **options))


def expect(path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGBA")
    ground = Image.new("RGBA", image.size, GROUND + (255,))
    ground.alpha_composite(image)
    ground.convert("RGB").save(str(path) + ".png")


def png16(pixels, color_type):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, color_type, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


source = Image.fromarray(waves(37, 23, 3))
tall = Image.fromarray(waves(11, 40, 3))
save(source, "source.png")
save(tall, "tall.png")

REGION = (3.25, 1.5, 30.75, 22.0)
for name in ("NEAREST", "BOX", "BILINEAR", "BICUBIC", "LANCZOS"):
    method = getattr(Image.Resampling, name)
    for size in ((16, 9), (61, 50), (60, 4)):
        save(source.resize(size, method), f"resized/{name}-{size[0]}x{size[1]}.png")
    save(source.resize((20, 31), method, box=REGION), f"resized/{name}-20x31-region.png")

for image, name in ((source, "source"), (tall, "tall")):
    for side in (16, 64):
        square = transforms.Compose([transforms.Resize(side), transforms.CenterCrop(side)])(image)
        save(square, f"prepared/{name}-{side}.png")

small = Image.fromarray(waves(19, 14, 3))
alpha = Image.fromarray(waves(19, 14, 4))
gray = small.convert("L")
palette = small.quantize(16)
decoded(alpha, "rgba.png")
decoded(small, "rgb.png")
decoded(gray, "gray.png")
decoded(alpha.convert("LA"), "gray-alpha.png")
decoded(gray.convert("1"), "one-bit.png")
decoded(palette, "palette.png")
decoded(palette, "palette-alpha.png", transparency=bytes(range(0, 250, 20)))
decoded(gray, "gray-key.png", transparency=gray.getpixel((3, 3)))
decoded(small, "rgb-key.png", transparency=small.getpixel((3, 3)))
wide = np.random.default_rng(1).integers(0, 65536, (14, 19, 4), dtype=np.uint16)
for name, channels, color_type in (("rgb", 3, 2), ("rgba", 4, 6), ("gray-alpha", 2, 4)):
    path = here / "decoded" / f"{name}-16-bit.png"
    path.write_bytes(png16(wide[..., :channels], color_type))
    expect(path)
decoded(small, "baseline.jpg", quality=85)
decoded(small, "progressive.jpg", quality=60, progressive=True, subsampling=2)
decoded(gray, "gray.jpg")
decoded(alpha.convert("RGB").convert("CMYK"), "cmyk.jpg")
cmyk = (here / "decoded/cmyk.jpg").read_bytes()
at = cmyk.index(b"Adobe") + 11
ycck = here / "decoded/ycck.jpg"
ycck.write_bytes(cmyk[:at] + b"\2" + cmyk[at + 1 :])
expect(ycck)
decoded(small, "transparent.gif", transparency=3)
decoded(small, "rgb.bmp")
decoded(palette, "palette.bmp")
decoded(alpha, "lossless.webp", lossless=True, exact=True)
decoded(Image.fromarray(waves(6, 5, 3)).resize((90, 60)), "lossy.webp", quality=90)

turned = Image.Exif()
turned[0x0112] = 6
for extension, options in (("jpg", {}), ("png", {}), ("webp", {"lossless": True})):
    decoded(small, f"turned.{extension}", exif=turned, **options)
    decoded(small, f"broken-profile.{extension}", icc_profile=b"no profile", **options)
