"""The object store: one private bucket, reached through the S3 interface only.

Browsers never get keys. They get an address that is good for one object, one verb and a few
minutes. Uploads land under `incoming/`, which such an address may overwrite while it lives;
verified files are copied to `files/`, for which no writing address is ever given out.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlsplit

import urllib3
from django.conf import settings
from minio import Minio
from minio.commonconfig import CopySource
from minio.error import InvalidResponseError, S3Error, ServerError

UPLOAD_ADDRESS_LIFE = timedelta(minutes=10)
DOWNLOAD_ADDRESS_LIFE = timedelta(seconds=60)
CHUNK = 1024 * 1024

#: Raised by the SDK when the store cannot be reached or answers with an error.
STORE_ERRORS = (S3Error, ServerError, InvalidResponseError, urllib3.exceptions.HTTPError)

#: The address itself is the permission and no cookie is sent, so any origin may use it. A store that
#: knows no bucket CORS (MinIO) allows this by default and says NotImplemented.
_CORS = (
    b"<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>"
    b"<AllowedHeader>*</AllowedHeader><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>"
)


def client() -> Minio:
    """The SDK's client for the configured store; the first call makes the bucket."""
    return _client(settings.S3_ENDPOINT, settings.S3_ACCESS_KEY, settings.S3_SECRET_KEY, settings.S3_BUCKET)


@lru_cache(maxsize=8)
def _client(endpoint: str, access_key: str, secret_key: str, bucket: str) -> Minio:
    address = urlsplit(endpoint)
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=3, read=60),
        maxsize=16,
        retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=[500, 502, 503, 504]),
    )
    found = Minio(
        address.netloc, access_key, secret_key, secure=address.scheme == "https", region="us-east-1",
        http_client=pool,
    )  # fmt: skip
    if not found.bucket_exists(bucket):
        _make_bucket(found, bucket)
    return found


def _make_bucket(client: Minio, bucket: str) -> None:
    try:
        client.make_bucket(bucket)
    except S3Error as error:  # another process was faster
        if error.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
            raise
    try:
        # The SDK signs and sends it, but has no public method for this part of the S3 interface.
        client._execute(
            "PUT",
            bucket,
            body=_CORS,
            headers={"Content-MD5": base64.b64encode(hashlib.md5(_CORS).digest()).decode()},  # noqa: S324
            query_params={"cors": ""},
        )
    except S3Error as error:
        if error.code not in ("NotImplemented", "MethodNotAllowed"):
            raise


def upload_address(key: str) -> str:
    """A URL to PUT one object to, for ten minutes."""
    return str(client().presigned_put_object(settings.S3_BUCKET, key, UPLOAD_ADDRESS_LIFE))


def download_address(key: str, file_name: str, content_type: str) -> str:
    """A URL to GET one object from, for a minute; the browser saves it, never shows it.

    Only PDF keeps its type: everything else is bytes, so that no browser sniffs a page out of it.
    """
    shown = content_type if content_type == "application/pdf" else "application/octet-stream"
    headers: dict[str, Any] = {
        "response-content-disposition": content_disposition(file_name),
        "response-content-type": shown,
        "response-cache-control": "private, no-store",
    }
    life = DOWNLOAD_ADDRESS_LIFE
    return str(client().presigned_get_object(settings.S3_BUCKET, key, life, response_headers=headers))


def content_disposition(file_name: str) -> str:
    """`attachment` with the name for old and new browsers (RFC 6266, RFC 5987)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"


def put(key: str, data: bytes | Path, content_type: str) -> None:
    source: BinaryIO
    if isinstance(data, Path):
        length = data.stat().st_size
        with data.open("rb") as source:
            client().put_object(settings.S3_BUCKET, key, source, length, content_type)
        return
    client().put_object(settings.S3_BUCKET, key, io.BytesIO(data), len(data), content_type)


def size_of(key: str) -> int | None:
    """Bytes stored under `key`, or None when nothing is."""
    try:
        return client().stat_object(settings.S3_BUCKET, key).size
    except S3Error as error:
        if error.code in ("NoSuchKey", "NoSuchObject", "NotFound"):
            return None
        raise


def copy(source: str, target: str) -> None:
    client().copy_object(settings.S3_BUCKET, target, CopySource(settings.S3_BUCKET, source))


def read(key: str) -> Iterator[bytes]:
    """The object's bytes in pieces of a megabyte."""
    answer: Any = client().get_object(settings.S3_BUCKET, key)
    try:
        yield from answer.stream(CHUNK)
    finally:
        answer.close()
        answer.release_conn()


def read_all(key: str) -> bytes:
    return b"".join(read(key))


def delete(*keys: str) -> None:
    """Delete objects; one that does not exist is no error."""
    for key in keys:
        client().remove_object(settings.S3_BUCKET, key)
