"""The keys: from the environment, else made once and kept beside the data."""

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured


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


def load_sealing_keys(secret_key: str) -> list[str]:
    """Keys of sealed columns: JIEBANG_SEALING_KEYS (Fernet keys, newest first, comma between), else derived.

    The derived key follows the secret key: whoever replaces that one must give this one first. Raises
    ImproperlyConfigured for a key of the wrong shape.
    """
    given = [key.strip() for key in os.environ.get("JIEBANG_SEALING_KEYS", "").split(",") if key.strip()]
    for number, key in enumerate(given, start=1):
        try:
            Fernet(key)
        except ValueError:
            # The key itself must not end up in a log.
            raise ImproperlyConfigured(
                f"JIEBANG_SEALING_KEYS: key {number} is no Fernet key (32 bytes, url-safe base64)."
            ) from None
    if given:
        return given
    derived = HKDF(SHA256(), length=32, salt=None, info=b"jiebang sealed columns").derive(secret_key.encode())
    return [base64.urlsafe_b64encode(derived).decode()]
