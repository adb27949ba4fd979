"""PostgreSQL refuses to run as root: find or make a user for it, and let that user reach its files."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

from config.stack.errors import StackError

SERVER_USER = "jiebang-postgres"
PASS = stat.S_IXGRP | stat.S_IXOTH
READ = stat.S_IRGRP | stat.S_IROTH


def unprivileged(folder: Path) -> Mapping[str, object]:
    """Arguments for subprocess that drop root; empty for everybody else. The folder becomes the user's."""
    if os.geteuid() != 0:
        return {}
    owner = folder.stat()
    if owner.st_uid == 0:
        account = _server_account()
        os.chown(folder, account.pw_uid, account.pw_gid)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}


def open_for_others(home: Path, binaries: Path) -> None:
    """Let the server's user pass through the folders above its data and read its own programmes."""
    for folder in (home, *home.parents, *binaries.parents):
        _allow(folder, PASS)
    install = binaries.parent
    for path in (*install.rglob("*"), *install.parent.with_suffix(".libs").rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            _allow(path, READ | PASS if runs else READ)


def _allow(path: Path, bits: int) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode | bits != mode:
        path.chmod(mode | bits)


def _server_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    command = [
        useradd or "useradd",
        "--system",
        "--no-create-home",
        "--shell",
        "/usr/sbin/nologin",
        SERVER_USER,
    ]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 (fixed arguments)
        return pwd.getpwnam(SERVER_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise StackError(
            f"PostgreSQL may not run as root and the user {SERVER_USER} could not be made: run this as a normal user."
        ) from error
