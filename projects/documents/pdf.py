"""HTML to PDF/A: one font set for a batch, own files only, the same bytes for the same input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.html import escape
from django.utils.translation import gettext as _
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration

from projects.documents.fetcher import OWN, OwnFilesOnly
from projects.documents.fonts import CutFont, cut_fonts

#: PDF/A-2a: archival, tagged for screen readers, text can be copied.
OPTIONS: dict[str, Any] = {"pdf_variant": "pdf/a-2a", "pdf_tags": True, "custom_metadata": True}


class TooLong(Exception):
    """The text does not fit on its page even in the densest setting."""


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "templates" / "documents"


@dataclass
class Press:
    """Draws papers that share a style sheet and a set of characters.

    `roles` maps each font role that the style sheet names as `var(--song)` and so on to a text that
    holds every character printed in it. Making a press costs about 0.2 s per role and new text.
    """

    style_sheet: str
    roles: Mapping[str, str]
    _config: FontConfiguration = field(default_factory=FontConfiguration, init=False)
    #: Drawings that every page shares are read once.
    _images: dict[str, object] = field(default_factory=dict, init=False)

    @cached_property
    def fonts(self) -> list[CutFont]:
        return [font for role, text in self.roles.items() for font in cut_fonts(role, text)]

    @cached_property
    def fetcher(self) -> OwnFilesOnly:
        drawings = {path.name: path.read_bytes() for path in _folder().glob("*.svg")}
        return OwnFilesOnly({font.family: font.data for font in self.fonts} | drawings)

    @cached_property
    def css(self) -> CSS:
        names = [font.family for font in self.fonts]
        faces = [f"@font-face {{ font-family: '{name}'; src: url('{OWN}{name}') }}" for name in names]
        chains = [f"--{role}: {', '.join(repr(f.family) for f in self._of(role))};" for role in self.roles]
        written = (_folder() / self.style_sheet).read_text()
        rules = "\n".join([*faces, f":root {{ {' '.join(chains)} }}", written])
        return CSS(string=rules, font_config=self._config, url_fetcher=self.fetcher)

    def fonts_used(self) -> str:
        """Which face stands for which role, for the PDF's metadata (domain 5.10)."""
        names = {role: "+".join(f.face.name for f in self._of(role)) for role in self.roles}
        return "; ".join(f"{role}={name}" for role, name in names.items())

    def _of(self, role: str) -> list[CutFont]:
        return [f for f in self.fonts if f.family.rpartition("-")[0] == role]

    def lay_out(self, html: str) -> Document:
        named = f'<meta name="Fonts" content="{escape(self.fonts_used())}"></head>'
        page = HTML(string=html.replace("</head>", named, 1), url_fetcher=self.fetcher)
        return page.render(stylesheets=[self.css], font_config=self._config, cache=self._images, **OPTIONS)

    def draw(self, html: str) -> bytes:
        """The PDF of one HTML page, however long."""
        return bytes(self.lay_out(html).write_pdf(**OPTIONS))

    def draw_on_one_page(self, settings_of_type: Iterable[str]) -> bytes:
        """The first of several settings (loose to dense) that fits on one page. Raises `TooLong`."""
        for html in settings_of_type:
            document = self.lay_out(html)
            if len(document.pages) == 1:
                return bytes(document.write_pdf(**OPTIONS))
        raise TooLong(_("内容过长，一页排不下：请缩短项目名称或参加单位。"))
