"""One page of a PDF or an image file as a picture, with a mark across it that names its reader. No Django import.

Runs in a process of its own (`render`): the files come from outside, and a library in C that reads them must be able
to hang, crash or eat memory without the web server noticing.

    python review/page_pictures.py count|picture|text PAGE WIDTH MARK < file > answer
"""

from __future__ import annotations

import io
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

SECONDS, MEGABYTES = 20, 1024
#: Pixels across, by what a page may ask for; a picture is never taller than four times that.
WIDTHS = (900, 1400)
MOST_PIXELS = 40_000_000


class Unreadable(Exception):
    """The file is no PDF or image that can be shown, or has no such page."""


def render(data: bytes, what: str, *, page: int = 1, width: int = WIDTHS[0], mark: str = "") -> bytes:
    """`what` is count, picture (PNG) or text (UTF-8). Raises `Unreadable`."""
    command = [sys.executable, "-I", str(Path(__file__).resolve()), what, str(page), str(width), mark]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
    except (subprocess.SubprocessError, OSError) as error:
        raise Unreadable from error
    return done.stdout


def main(what: str, page: str, width: str, mark: str) -> bytes:
    _limit()
    data = sys.stdin.buffer.read()
    if not data.startswith(b"%PDF"):
        return {"count": b"1", "text": b""}.get(what) or _image(data, int(width), mark)
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    if what == "count":
        return str(len(document)).encode()
    if not 1 <= int(page) <= len(document):
        raise SystemExit(f"no page {page}")
    shown = document[int(page) - 1]
    if what == "text":
        return str(shown.get_textpage().get_text_bounded()).encode("utf-8", "replace")
    across, down = shown.get_size()
    scale = min(int(width) / across, 4 * int(width) / down)
    return _png(shown.render(scale=scale).to_pil(), mark)


def _limit() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))


def _image(data: bytes, width: int, mark: str) -> bytes:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    with Image.open(io.BytesIO(data)) as found:
        found.thumbnail((width, 4 * width))
        return _png(found, mark)


def _png(picture: Any, mark: str) -> bytes:
    out = io.BytesIO()
    _marked(picture.convert("RGB"), mark).save(out, "PNG")
    return out.getvalue()


def _marked(picture: Any, mark: str) -> Any:
    """The mark in rows across the whole picture, faint enough to read through, too many to cut away."""
    from PIL import Image, ImageDraw, ImageFont

    size = max(14, picture.width // 40)
    font = ImageFont.load_default(size)
    reach = math.ceil(math.hypot(picture.width, picture.height))
    layer = Image.new("L", (reach, reach), 0)
    pen = ImageDraw.Draw(layer)
    step = int(pen.textlength(mark, font=font)) + 6 * size
    for row, y in enumerate(range(0, reach, 7 * size)):
        for x in range(-(row % 2) * step // 2, reach, step):
            pen.text((x, y), mark, fill=46, font=font)
    turned = layer.rotate(28)
    left, top = (reach - picture.width) // 2, (reach - picture.height) // 2
    picture.paste((30, 60, 120), mask=turned.crop((left, top, left + picture.width, top + picture.height)))
    return picture


if __name__ == "__main__":
    sys.stdout.buffer.write(main(*sys.argv[1:]))
