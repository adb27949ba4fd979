"""What Python wheels cannot bring: Pango for PDF, Chinese fonts, `venv` itself, a browser for tests."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

from steps import SetupError, quiet_run

# Library that WeasyPrint opens → Debian's and Ubuntu's package.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
# Typeface → package. Without the first no certificate can be printed; the others make it look
# right (楷体) and print rare names, and the papers fall back to the first where they are missing.
FONTS = {"Noto Serif CJK SC": "fonts-noto-cjk"}
FINER_FONTS = {"LXGW WenKai": "fonts-lxgw-wenkai", "HanaMinA": "fonts-hanazono"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure(tests: bool) -> None:
    """Install what is missing, or say with which command an administrator can."""
    needed, wished = _missing(tests)
    if not needed and not wished:
        return
    names = " ".join([*needed, *wished])
    if not shutil.which("apt-get"):
        if needed:
            raise SetupError(
                f"Missing on this system (Debian's names): {names}. Install them with your package manager."
            )
        return
    prefix = _administrator()
    if prefix is None:
        line = f"sudo apt-get install -y --no-install-recommends {names}"
        if needed:
            raise SetupError(f"System packages are missing. Install them, then run this again: {line}")
        print(f"Certificates will look plainer without these fonts: {line}")
        return
    if needed:
        _install(prefix, needed)
        still = _missing(tests)[0]
        if still:
            raise SetupError(f"Still missing after apt-get: {' '.join(still)}. Install them by hand.")
    for package in wished:
        try:
            _install(prefix, [package])
        except SetupError:
            # An older Debian or Ubuntu has fewer fonts; that must not stop anybody.
            print(f"{package} could not be installed; certificates will look plainer.")


def _missing(tests: bool) -> tuple[list[str], list[str]]:
    needed = [package for library, package in LIBRARIES.items() if not _opens(library)]
    if importlib.util.find_spec("ensurepip") is None:
        needed.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    if tests and not any(shutil.which(name) for name in BROWSERS):
        needed.append("chromium")
    if not shutil.which("fc-list"):
        return [*needed, "fontconfig", *FONTS.values()], list(FINER_FONTS.values())
    families = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=False).stdout
    needed += [package for family, package in FONTS.items() if family not in families]
    return needed, [package for family, package in FINER_FONTS.items() if family not in families]


def _opens(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _administrator() -> list[str] | None:
    """The prefix that makes a command run as root, or None where nobody lets us."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def _install(prefix: list[str], packages: list[str]) -> None:
    options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120"]
    command = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *options, *packages]
    doing = f"installing {' '.join(packages)} with apt-get"
    try:
        quiet_run(doing, command)
    except SetupError:
        # A fresh machine has no package lists yet, an old one outdated ones.
        quiet_run("reading apt's package lists", [*prefix, "apt-get", "update"])
        quiet_run(doing, command)
