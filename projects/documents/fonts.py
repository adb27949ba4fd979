"""Fonts of the papers: open faces found on the machine, cut down to the characters that are printed.

Every role (title, body, …) has a chain of faces. A character is printed in the first face of the
chain that has it; one that no face has stops the rendering with its name: never a blank box in
place of somebody's name (domain 5.10). Embedding a whole CJK face costs ten times the time and
the size of a cut one (peers 4.2), so a batch is rendered with faces cut to its own characters.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext as _
from fontTools import subset
from fontTools.ttLib import TTFont

#: Rare names: Noto has the Extension B characters of 通用规范汉字表, Hanazono all of Extension B to F.
_RARE = (("Noto Serif CJK SC", "Regular"), ("HanaMinA", "Regular"), ("HanaMinB", "Regular"))
_LAST = (*_RARE, ("Noto Sans CJK SC", "Regular"), ("AR PL UMing CN", "Light"), ("DejaVu Sans", "Book"))

#: Role → (family, style) in order of preference: the faces of GB/T 9704 where an agency has installed
#: its licensed ones, then open faces of the same kind, then whatever has the character.
CHAINS: dict[str, tuple[tuple[str, str], ...]] = {
    "song": (
        ("FZXiaoBiaoSong-B05S", "Regular"),
        ("Noto Serif CJK SC", "Bold"),
        ("Source Han Serif SC", "Bold"),
        ("FandolSong", "Bold"),
        *_LAST,
    ),
    "kai": (
        ("LXGW WenKai", "Regular"),
        ("FandolKai", "Regular"),
        ("AR PL UKai CN", "Book"),
        *_LAST,
    ),
    "fang": (
        ("FangSong_GB2312", "Regular"),
        ("FangSong", "Regular"),
        ("Zhuque Fangsong (technical preview)", "Regular"),
        ("FandolFang R", "Regular"),
        *_LAST,
    ),
    "hei": (
        ("Noto Sans CJK SC", "Bold"),
        ("Source Han Sans SC", "Bold"),
        ("FandolHei", "Regular"),
        ("WenQuanYi Zen Hei", "Regular"),
        *_LAST,
    ),
}

#: Marks that Chinese and Western text share, and that these faces draw narrow as in Western text.
_WESTERN_IN = {"LXGW WenKai": "“”‘’…—"}


class MissingFont(Exception):
    """A character that no installed face can print, or no CJK face at all; says the cure."""


@dataclass(frozen=True)
class Face:
    """One face in one file; `index` counts faces in a collection."""

    family: str
    style: str
    path: str
    index: int

    @property
    def name(self) -> str:
        return f"{self.family} {self.style}"


@dataclass(frozen=True)
class CutFont:
    """A face cut down for one role. `family` is the name that style sheets use."""

    family: str
    face: Face
    data: bytes


@lru_cache(maxsize=1)
def installed_faces() -> dict[tuple[str, str], Face]:
    """Faces by (family, style), as fontconfig lists them. Runs `fc-list` once per process."""
    command = shutil.which("fc-list")
    if command is None:
        raise MissingFont(_("找不到 fc-list：请安装 fontconfig（apt-get install fontconfig）。"))
    listing = subprocess.run(  # noqa: S603 (fixed arguments)
        [command, "--format", "%{file}\t%{index}\t%{family}\t%{style}\n"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    found: dict[tuple[str, str], Face] = {}
    for line in sorted(listing.splitlines()):
        path, index, families, styles = line.split("\t")
        # Above 65535 fontconfig counts named instances of variable fonts, which are not files.
        if not path.lower().endswith((".ttf", ".otf", ".ttc", ".otc")) or int(index) > 0xFFFF:
            continue
        for family in families.split(","):
            for style in styles.split(","):
                found.setdefault((family, style), Face(family, style, path, int(index)))
    return found


@lru_cache(maxsize=32)
def characters_of(face: Face) -> frozenset[int]:
    with TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: Iterable[str]) -> list[str]:
    """The characters that need a glyph: no controls, no spaces, no variation selectors."""
    return sorted(c for c in set(text) if not _is_invisible(c))


def _is_invisible(character: str) -> bool:
    selector = 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF
    return selector or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def faces_for(role: str, text: Iterable[str]) -> dict[Face, list[str]]:
    """Which face of the role's chain prints which characters. Raises `MissingFont`."""
    chain = [face for key in CHAINS[role] if (face := installed_faces().get(key))]
    wanted, found = printable(text), dict[Face, list[str]]()
    for face in chain:
        if not wanted:
            break
        have = characters_of(face)
        refused = _WESTERN_IN.get(face.family, "")
        if mine := [c for c in wanted if ord(c) in have and c not in refused]:
            found[face] = mine
            wanted = [c for c in wanted if c not in mine]
    if wanted:
        shown = "、".join(f"{c}（U+{ord(c):04X}）" for c in wanted[:10])
        cure = "apt-get install fonts-noto-cjk fonts-hanazono"
        raise MissingFont(
            _("没有字体能印出这些字：%(shown)s。请安装字体后重试：%(cure)s。") % {"shown": shown, "cure": cure}
        )
    return found


def cut_fonts(role: str, text: Iterable[str]) -> list[CutFont]:
    """The role's faces, each cut to the characters it prints, in the chain's order."""
    return [
        CutFont(f"{role}-{number}", face, _cut(face, "".join([" ", "\u3000", *characters])))
        for number, (face, characters) in enumerate(faces_for(role, text).items())
    ]


@lru_cache(maxsize=64)
def _cut(face: Face, text: str) -> bytes:
    """The face with these characters only. Kept: titles and quotation marks are the same every time."""
    options = subset.Options(
        hinting=False, desubroutinize=True, layout_features=[], glyph_names=False, notdef_outline=True
    )
    options.drop_tables += ["FFTM", "GSUB", "GPOS", "BASE", "VORG", "vhea", "vmtx"]
    # The date a font was cut on would end up in the PDF and change its digest every day.
    with TTFont(face.path, fontNumber=face.index, lazy=True, recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=text)
        cutter.subset(font)
        target = io.BytesIO()
        font.save(target)
    return target.getvalue()
