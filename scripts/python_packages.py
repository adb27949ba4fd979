"""The virtual environment and the locked Python packages in it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from steps import ROOT, VENV, SetupError, quiet_run, stamped

PYTHON = VENV / "bin" / "python"
RUNTIME = ROOT / "requirements.txt"
TESTS = ROOT / "requirements-dev.txt"


def ensure(tests: bool) -> None:
    """Make `.venv` and bring it to the lock files; test tools only when asked for."""
    if not _works():
        quiet_run("making .venv", [sys.executable, "-m", "venv", "--clear", VENV])
    version = (VENV / "pyvenv.cfg").read_text()
    with stamped("python", [RUNTIME, version]) as due:
        if due:
            _install(RUNTIME)
    if tests:
        with stamped("python-tests", [RUNTIME, TESTS, version]) as due:
            if due:
                _install(RUNTIME, TESTS)


def install_node() -> None:
    """Node.js and npm from a wheel, for machines that have none."""
    _install(ROOT / "requirements-node.txt")


def _works() -> bool:
    """A moved checkout or an upgraded system Python leaves a `.venv` that no longer starts."""
    try:
        command = [PYTHON, "-c", "import sys, pip; print(sys.prefix)"]
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return False
    return said == str(VENV)


def _install(*locks: Path) -> None:
    files = [argument for lock in locks for argument in ("-r", str(lock))]
    doing = f"installing Python packages ({', '.join(lock.name for lock in locks)})"
    try:
        if not (VENV / "bin" / "uv").exists():
            _install_uv()
        command = [VENV / "bin" / "uv", "pip", "install", "--python", PYTHON, "--require-hashes", *files]
        quiet_run(f"{doing} with uv", command, _uv_like_pip())
    except SetupError as error:
        print(f"{error} Trying pip, which takes longer.")
        quiet_run(doing, [PYTHON, "-m", "pip", "install", "--require-hashes", *files])


def _install_uv() -> None:
    """uv alone, by the hashes of the lock file: it installs the rest ten times faster than pip."""
    lines = TESTS.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("uv=="))
    end = next((n for n in range(start + 1, len(lines)) if not lines[n].startswith(" ")), len(lines))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write("\n".join(lines[start:end]) + "\n")
        only_uv.flush()
        command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "-r", only_uv.name]
        quiet_run("installing uv", command)


def _uv_like_pip() -> dict[str, str]:
    """Tell uv the mirrors that pip is configured with; uv does not read pip's configuration."""
    said = subprocess.run([PYTHON, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    pip: dict[str, str] = {}
    for line in said.stdout.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            pip[name.rsplit(".", 1)[-1]] = str(ast.literal_eval(value))
    same = {"UV_DEFAULT_INDEX": "index-url", "UV_INDEX": "extra-index-url", "UV_FIND_LINKS": "find-links"}
    environment = {uv: " ".join(pip[name].split()) for uv, name in same.items() if pip.get(name)}
    if "cert" in pip:
        environment["SSL_CERT_FILE"] = pip["cert"]
    # Like pip: the best version of all indexes; the hashes decide what is genuine.
    environment["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in environment.items() if name not in os.environ}
