"""Bring `locale/en/LC_MESSAGES/django.po` up to date with the sources: `collect_messages.py [--check]`.

Adds sentences that are new, drops those that are gone, keeps every translation. `--check` changes
nothing and fails when a sentence has no translation yet. Needs Babel and Django, not GNU gettext.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
SOURCES = ("accounts", "attachments", "config", "projects", "review", "workflows", "templates")
_PLAIN = {"gettext": None, "gettext_lazy": None, "gettext_noop": None, "_": None}
_PLURAL = {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
_CONTEXT = {"pgettext": ((1, "c"), 2), "pgettext_lazy": ((1, "c"), 2), "npgettext": ((1, "c"), 2, 3)}
KEYWORDS = _PLAIN | _PLURAL | _CONTEXT
HEADER = """\
# English sentences of Jiebang. `make messages` keeps them in step with the sources.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def template() -> Catalog:
    """Every sentence of the sources, without translations."""
    found = Catalog(domain="django")
    for path in _files():
        for _line, message, _comments, context in extract("python", io.BytesIO(_source(path)), KEYWORDS):
            found.add(message, context=context)
    return found


def current() -> Catalog:
    """The catalogue as it is stored; empty before the first collection."""
    if not CATALOG.exists():
        return Catalog(locale="en", domain="django")
    with CATALOG.open("rb") as file:
        return read_po(file, locale="en", domain="django", abort_invalid=True)


def store(catalog: Catalog) -> None:
    """Without dates and names of tools: the file changes only when a sentence does."""
    text = io.BytesIO()
    write_po(text, catalog, width=110, no_location=True, sort_output=True, omit_header=True)
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    CATALOG.write_text(HEADER + text.getvalue().decode().lstrip("\n"), encoding="utf-8")


def untranslated(catalog: Catalog) -> list[str]:
    """Sentences of the sources that an English page would show in Chinese."""
    found = template()
    return sorted(str(m.id) for m in found if m.id and not _is_translated(catalog, m.id, m.context))


def _is_translated(catalog: Catalog, id_: str | tuple[str, ...], context: str | None) -> bool:
    message = catalog.get(id_, context)
    if message is None or message.fuzzy:
        return False
    texts = message.string if isinstance(message.string, (list, tuple)) else [message.string]
    return all(texts)


def _files() -> Iterator[Path]:
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if (path.suffix == ".py" and "migrations" not in path.parts) or (
                path.parts[-1].endswith((".html", ".txt", ".xml")) and "templates" in path.parts
            ):
                yield path


def _source(path: Path) -> bytes:
    """The file as Python that the extractor can read."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text.encode()
    as_code = templatize(text, origin=str(path))
    # What was markup keeps its indentation, which means nothing here.
    return "\n".join(line.lstrip() for line in as_code.splitlines()).encode()


def main() -> None:
    settings.configure(USE_I18N=True)
    catalog = current()
    if "--check" not in sys.argv:
        catalog.update(template(), no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        store(catalog)
    missing = untranslated(catalog)
    for sentence in missing:
        print(sentence.replace("\n", " ")[:100])
    print(f"{len(missing)} of {len(template())} sentences without a translation")
    sys.exit(bool(missing) and "--check" in sys.argv)


if __name__ == "__main__":
    main()
