"""Whatever reaches a template, drawing a paper asks no server and reads no file (CVE-2026-55073)."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pypdf import PdfReader

from projects.documents.fetcher import OwnFilesOnly
from projects.documents.pdf import Press


class Canary(BaseHTTPRequestHandler):
    """Remembers every request; answers some with a redirect into the file system."""

    heard: list[str]

    def do_GET(self) -> None:
        type(self).heard.append(self.path)
        self.send_response(302 if "redirect" in self.path else 200)
        self.send_header("Location", "file:///etc/passwd")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    Canary.heard = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Canary)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", Canary.heard
    server.shutdown()
    thread.join()


HOLES = [
    '<img src="{url}/img.png">',
    '<img src="{url}/redirect.png">',
    '<link rel="stylesheet" href="{url}/style.css">',
    '<link rel="attachment" href="{url}/attachment">',
    '<a rel="attachment" href="{url}/anchor">x</a>',
    "<style>@import url({url}/import.css);</style>",
    "<style>@font-face {{ font-family: x; src: url({url}/font.otf) }} p {{ font-family: x }}</style><p>x</p>",
    "<style>@font-face {{ font-family: y; src: local('DejaVu Sans') }} p {{ font: 9pt y }}</style><p>x</p>",
    '<style>@page {{ background: url("{url}/page.png") }}</style>',
    "<style>p::before {{ content: url({url}/content.svg) }}</style><p>x</p>",
    "<style>li {{ list-style: url({url}/marker.svg) }}</style><ul><li>x</ul>",
    '<object data="{url}/object.svg"></object><embed src="{url}/embed.svg">',
    '<svg><image href="{url}/svg.png" width="1" height="1"/><use href="{url}/use.svg#a"/></svg>',
    '<img src=\'data:image/svg+xml,<svg xmlns="http://www.w3.org/2000/svg"><image href="{url}/nested.png"/></svg>\'>',
    '<base href="{url}/"><img src="relative.png">',
    '<iframe src="{url}/frame"></iframe><video poster="{url}/poster.png"></video>',
]


def draw(body: str) -> bytes:
    html = f"<html lang=zh-CN><head><title>t</title></head><body>{body}<p>完</p></body></html>"
    return Press("certificate.css", {"song": "完", "kai": html}).draw(html)


@pytest.mark.parametrize("hole", HOLES)
def test_no_server_is_asked(canary: tuple[str, list[str]], hole: str) -> None:
    address, heard = canary
    paper = draw(hole.format(url=address))
    assert heard == []
    assert "完" in PdfReader(io.BytesIO(paper)).pages[0].extract_text()


@pytest.mark.parametrize("hole", HOLES)
def test_no_file_is_read(hole: str, tmp_path: object) -> None:
    secret = tmp_path / "secret"  # type: ignore[operator]
    secret.write_text("CANARY-7f3a")
    paper = draw(hole.format(url=f"file://{tmp_path}/secret?"))
    assert b"CANARY-7f3a" not in paper
    reader = PdfReader(io.BytesIO(paper))
    assert not reader.attachments
    assert "CANARY" not in "".join(page.extract_text() for page in reader.pages)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://127.0.0.1/", "ftp://x/", "own:nothing", "own:../x", "/etc/passwd", "own:"],
)
def test_the_fetcher_refuses_everything_that_is_not_its_own(url: str) -> None:
    fetcher = OwnFilesOnly({"kai-0": b"font"})
    with pytest.raises(ValueError, match="nothing from outside"):
        fetcher.fetch(url)
    assert fetcher.fetch("own:kai-0").read() == b"font"
    assert fetcher.fetch("data:text/plain,ok").read() == b"ok"
