#!/usr/bin/env python3
"""Make this checkout runnable: `python3 scripts/bootstrap.py [--tests]`, or `make setup`.

Standard library only, because it runs before anything is installed. Every step looks first and
does nothing when its result is there already; a failing one says in one line what to do.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys

if sys.version_info < (3, 11):  # noqa: UP036 (this runs on whatever Python the machine has)
    sys.exit(
        f"Jiebang needs Python 3.11 or newer, this is {sys.version_info[0]}.{sys.version_info[1]}: "
        "install a newer one and run `make setup PYTHON=python3.12`."
    )

import browser_files
import python_packages
import system_packages
from steps import ROOT, SetupError, quiet_run, stamped

FREE_BYTES_NEEDED = 2_500_000_000


def main() -> None:
    """Carry out the steps in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also the test tools and a browser")
    options = parser.parse_args()
    # Servers that drop root must be able to read what root installs.
    os.umask(0o022)
    try:
        if not (ROOT / ".venv" / "stamps").exists():
            check_disk()
        system_packages.ensure(tests=options.tests)
        python_packages.ensure(tests=options.tests)
        browser_files.ensure()
        compile_messages()
    except SetupError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def check_disk() -> None:
    """A first setup writes about 2 GB, caches included."""
    free = shutil.disk_usage(ROOT).free
    if free < FREE_BYTES_NEEDED:
        raise SetupError(
            f"The disk of {ROOT} has {free // 1_000_000} MB free, the setup needs "
            f"{FREE_BYTES_NEEDED // 1_000_000} MB: free some space and run it again."
        )


def compile_messages() -> None:
    """Translations, `.po` to `.mo`, by Babel: gettext's own tools need not be installed."""
    sources = sorted((ROOT / "locale").glob("*/LC_MESSAGES/*.po"))
    if sources:
        compiled = all(source.with_suffix(".mo").exists() for source in sources)
        with stamped("messages", [*sources, ROOT / "scripts" / "compile_messages.py"], valid=compiled) as due:
            if due:
                command = [python_packages.PYTHON, "scripts/compile_messages.py", *sources]
                quiet_run("compiling translations", command)


if __name__ == "__main__":
    main()
