"""The secret key: from the environment, else made once and kept beside the data."""

import os
import secrets
from pathlib import Path


def load_secret_key(base_dir: Path) -> str:
    """Return JIEBANG_SECRET_KEY, or the key stored in JIEBANG_HOME, made at the first start."""
    given = os.environ.get("JIEBANG_SECRET_KEY")
    if given:
        return given
    home = base_dir / os.environ.get("JIEBANG_HOME", ".jiebang")
    path = home / "secret_key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        # O_EXCL: when web and worker start together, one writes and the other reads.
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
    return path.read_text().strip()
