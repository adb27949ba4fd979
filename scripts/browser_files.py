"""Style sheets, scripts and icons from npm, by exact version, copied to `static/vendor/`."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import python_packages
from steps import ROOT, VENV, quiet_run, stamped

MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
# What of each package the pages use → where they look for it.
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/css/tabler.min.css",
    "@tabler/icons/icons/outline": "icons/outline",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "echarts/dist/echarts.min.js": "echarts/echarts.min.js",
    "axe-core/axe.min.js": "axe/axe.min.js",
}
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")


def ensure() -> None:
    """Fetch and copy unless the copies are there and the lock file is the one they came from."""
    complete = all((VENDOR / target).exists() for target in FILES.values())
    keys = [ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)]
    with stamped("browser-files", keys, valid=complete) as due:
        if due:
            # `npm` from the wheel is a Python script that starts the `node` beside it.
            path = f"{VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}"
            quiet_run("fetching style sheets and scripts with npm", [_npm(), "ci"], {"PATH": path})
            _copy()


def _npm() -> str:
    """npm from the system, else from the wheel."""
    own = VENV / "bin" / "npm"
    if not own.exists() and not (shutil.which("npm") and shutil.which("node")):
        python_packages.install_node()
    return str(own) if own.exists() else "npm"


def _copy() -> None:
    """Fill a new folder and swap it in, so that a running server never sees half of it."""
    draft = VENDOR.with_name("vendor.new")
    shutil.rmtree(draft, ignore_errors=True)
    for source, target in FILES.items():
        (draft / target).parent.mkdir(parents=True, exist_ok=True)
        if (MODULES / source).is_dir():
            shutil.copytree(MODULES / source, draft / target)
        else:
            # The maps are left behind, so the mention of them has to go too.
            (draft / target).write_bytes(SOURCE_MAP.sub(b"\n", (MODULES / source).read_bytes()))
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.replace(VENDOR)
