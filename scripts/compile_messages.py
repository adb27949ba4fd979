"""Compile `.po` files given as arguments to `.mo` beside them, as Django reads them. Needs Babel."""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po


def main() -> None:
    """Compile each file; a broken one stops with its name and line."""
    for source in map(Path, sys.argv[1:]):
        try:
            with source.open("rb") as file:
                catalog = read_po(file, abort_invalid=True)
        except PoFileError as error:
            sys.exit(f"{source}: {error}")
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalog)


if __name__ == "__main__":
    main()
