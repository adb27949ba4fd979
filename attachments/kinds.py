"""Kinds of file that are taken, told by extension and by what is really inside.

A wrong extension is the commonest way for a page or a program to get into a store (pkp#11455), so
a file must be on the list by name, and its bytes must be of that kind.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Kind:
    """`magic` are the first bytes; `parts` name one member that a zip of this kind must have."""

    extension: str
    label: str
    content_type: str
    magic: bytes
    part: str = ""


ZIP = b"PK\x03\x04"
_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    kind.extension: kind
    for kind in (
        Kind("pdf", "PDF", "application/pdf", b"%PDF-"),
        Kind("docx", "Word（docx）", f"{_OFFICE}wordprocessingml.document", ZIP, "word/document.xml"),
        Kind("xlsx", "Excel（xlsx）", f"{_OFFICE}spreadsheetml.sheet", ZIP, "xl/workbook.xml"),
        Kind("zip", "ZIP", "application/zip", ZIP),
        Kind("png", "PNG", "image/png", b"\x89PNG\r\n\x1a\n"),
        Kind("jpg", "JPG", "image/jpeg", b"\xff\xd8\xff"),
        Kind("jpeg", "JPG", "image/jpeg", b"\xff\xd8\xff"),
    )
}
EXTENSIONS = tuple(KINDS)
#: Members that make an office file run programs.
MACROS = ("vbaproject.bin", "activex")
#: Zip members that open as programs or pages on a reader's machine.
PROGRAMS = (
    ".exe", ".dll", ".bat", ".cmd", ".com", ".scr", ".js", ".vbs", ".ps1", ".msi", ".lnk", ".hta", ".jar",
    ".html", ".htm", ".svg",
)  # fmt: skip


def kind_of(file_name: str) -> Kind | None:
    """The kind by extension, or None when it is not taken."""
    return KINDS.get(PurePosixPath(file_name).suffix.lower().removeprefix("."))


def what_is_wrong(kind: Kind, file: IO[bytes]) -> str | None:
    """Why the bytes are not of this kind, in words; None when they are. Reads from the start."""
    file.seek(0)
    if file.read(len(kind.magic)) != kind.magic:
        return str(_("文件内容不是 %s 格式，请用原软件重新导出后上传") % kind.label)
    if kind.magic != ZIP:
        return None
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, UnicodeDecodeError):
        return str(_("文件已损坏，无法打开，请重新生成后上传"))
    if kind.part and kind.part not in members:
        return str(_("文件内容不是 %s 格式，请用原软件重新导出后上传") % kind.label)
    if any(macro in name for name in members for macro in MACROS):
        return str(_("文件含有宏，请另存为不带宏的格式后上传"))
    if not kind.part and any(name.endswith(PROGRAMS) for name in members):
        return str(_("压缩包内含有可执行文件，请删除后重新打包"))
    return None
