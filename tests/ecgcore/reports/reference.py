"""The rule of the canonical image once more, slowly, pixel by pixel, with Poppler's own program and Pillow."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from PIL import Image

GRID = ((216, 111, 98), (250, 200, 168), (168, 0, 0))


def rendered(pdf: Path) -> Image.Image:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "page"
        command = ["pdftoppm", "-r", "300", "-f", "1", "-l", "1", "-singlefile", str(pdf), str(out)]
        subprocess.run(command, check=True, capture_output=True)
        with Image.open(out.with_suffix(".ppm")) as image:
            return image.convert("RGB")


def is_grid(pixel: tuple[int, int, int]) -> bool:
    return any(all(abs(a - b) <= 3 for a, b in zip(pixel, colour, strict=True)) for colour in GRID)


def canonical_old(pdf: Path) -> Image.Image:
    return rendered(pdf).crop((180, 280, 3000, 1600))


def canonical_new(pdf: Path) -> Image.Image:
    box = rendered(pdf).crop((82, 950, 3000, 2000))
    known: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    cleaned = []
    for pixel in box.getdata():
        if pixel not in known:
            known[pixel] = (255, 255, 255) if is_grid(pixel) else pixel
        cleaned.append(known[pixel])
    box.putdata(cleaned)
    stacked = Image.new("RGB", (1402, 2100))
    for row in range(6):
        for column in range(2):
            place = 6 * column + row  # in canonical order
            x, y = (0, 740, 1478, 2217)[place // 3], 350 * (place % 3)
            stacked.paste(box.crop((x, y, x + 701, y + 350)), (701 * column, 350 * row))
    return stacked
