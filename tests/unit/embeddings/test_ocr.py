"""Text on screen: titles on photographs are read, photographs without text stay silent."""

import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from skimage import data

from embeddings import factory
from embeddings.compute import Compute
from embeddings.encoder import Picture, TextReader
from embeddings.packs import PackStore
from foundation.errors import PackInvalid


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> TextReader:
    return factory.open_ocr(PackStore(tmp_path_factory.mktemp("packs")), Compute(threads=1))


def _frame(*lines: tuple[str, int, tuple[int, int]]) -> Picture:
    image = Image.fromarray(data.coffee()).resize((960, 540))
    draw = ImageDraw.Draw(image)
    for text, size, place in lines:
        draw.text(place, text, font=ImageFont.load_default(size), fill=(255, 255, 255))
    return np.asarray(image)


@pytest.mark.parametrize("size", [20, 28, 40, 90])
def test_a_title_is_read_where_it_stands(reader: TextReader, size: int) -> None:
    (line,) = reader.read(_frame(("Le Havre, 1958", size, (80, 300))))
    assert line.text == "Le Havre, 1958"
    assert line.confidence > 0.9
    assert 0.05 < line.box.left < 0.1
    assert 0.5 < line.box.top < 0.6
    assert line.box.left + line.box.width <= 1


def test_lines_come_from_top_to_bottom_and_small_print_beside_them(reader: TextReader) -> None:
    frame = _frame(
        ("Small print of 2024", 14, (60, 500)), ("Camera", 36, (60, 40)), ("10:22:41:07", 30, (700, 42))
    )
    assert [line.text for line in reader.read(frame)] == ["Camera", "10:22:41:07", "Small print of 2024"]


@pytest.mark.parametrize("name", ["coffee", "cat", "black", "white", "noise"])
def test_pictures_without_text_have_none(reader: TextReader, name: str) -> None:
    pictures = {
        "coffee": _frame(),
        "cat": np.ascontiguousarray(data.chelsea()),
        "black": np.zeros((540, 960, 3), dtype=np.uint8),
        "white": np.full((540, 960, 3), 255, dtype=np.uint8),
        "noise": np.random.default_rng(1).integers(0, 256, (540, 960, 3), dtype=np.uint8),
    }
    assert reader.read(pictures[name]) == []


def test_a_page_is_read_whole(reader: TextReader) -> None:
    page = np.asarray(Image.fromarray(data.page()).convert("RGB"))
    text = " ".join(line.text for line in reader.read(page))
    assert "Region-based segmentation" in text
    assert "determine markers of the coins" in text


@pytest.mark.slow
def test_frames_without_text_cost_little(reader: TextReader) -> None:
    plain, titled = _frame(), _frame(("Harbour of Le Havre", 40, (80, 300)), ("Second line", 30, (80, 400)))

    def cost(picture: Picture) -> float:
        start = time.process_time()
        for _ in range(3):
            reader.read(picture)
        return time.process_time() - start

    cost(plain), cost(titled)
    assert cost(np.zeros_like(plain)) < 0.5 * cost(titled)


def test_damaged_models_are_invalid(tmp_path: Path) -> None:
    from embeddings.ocr import RapidTextReader
    from embeddings.packs import Pack

    original = PackStore(tmp_path).get("ocr", "rapidocr")
    for name in original.manifest.files:
        (tmp_path / name).write_bytes(b"nothing")
    broken = Pack(original.manifest, tmp_path, active=True, builtin=False)
    with pytest.raises(PackInvalid):
        RapidTextReader(broken, Compute(threads=1)).read(_frame())
