"""The inbox in an object store: list it page by page and keep a local copy of each object."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from ecgcore import durable
from tasks.inbox.storage import Inbox, InboxError, InboxFile, Skipped, SkippedFile, arrange, skip_by_name

_LOG = logging.getLogger(__name__)
_THREADS = 8
_CHUNK_BYTES = 1 << 20
_MAX_NAME_BYTES = 200
_GONE = frozenset({"NoSuchKey", "404", "PreconditionFailed", "412", "InvalidRange", "416"})
_REFUSED = frozenset({"AccessDenied", "InvalidObjectState", "InvalidRequest"})  # its key, its archive, a key of its own
_HINTS = {
    "NoSuchBucket": "create the bucket, or correct ECG_INBOX",
    "AccessDenied": "give these credentials s3:ListBucket and s3:GetObject on the bucket",
    "InvalidAccessKeyId": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to valid credentials",
    "SignatureDoesNotMatch": "set AWS_SECRET_ACCESS_KEY to the secret of AWS_ACCESS_KEY_ID",
}


@dataclass(frozen=True)
class _Object:
    key: str
    relative: str
    etag: str
    size: int

    @property
    def slot(self) -> str:
        """The name of the folder that holds the local copy: another content has another slot."""
        return hashlib.sha256(f"{self.key}\n{self.etag}".encode()).hexdigest()[:32]


def list_bucket(uri: str, staging: Path, endpoint_url: str | None, max_bytes: int) -> Inbox:
    """List the objects of ``s3://bucket/prefix`` and download those not yet below ``staging``.

    A copy is stored under a hash of key and ETag, written beside under a temporary name and renamed when its size is
    right; an interrupted download goes on where it stopped. Copies of objects that have left the bucket are removed, so
    that ``staging`` (which holds identifying reports, readable by this user only) does not outgrow the inbox.

    An object that alone is refused (archived, encrypted with a key that these credentials may not use) is unreadable.
    One ingest at a time writes the copies; another one waits.

    Raises:
        InboxError: the bucket is missing, refuses every object, or cannot be reached, or ``staging`` cannot be written.
    """
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    folder = staging / hashlib.sha256(f"{endpoint_url}\n{bucket}\n{prefix}".encode()).hexdigest()[:16]
    with _store_errors(uri):
        client = _client(endpoint_url)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(folder):
            objects = list(_objects(client, bucket, prefix))
            _prune(folder, {item.slot for item in objects})
            with ThreadPoolExecutor(_THREADS) as pool:
                entries = list(pool.map(lambda item: _entry(client, bucket, item, folder, max_bytes), objects))
    _check_some_readable(uri, entries)
    return arrange(entries)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other ingests from writing below a folder; the kernel lets go of the lock when its holder dies."""
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_some_readable(uri: str, entries: Sequence[InboxFile | SkippedFile]) -> None:
    refused = [each for each in entries if isinstance(each, SkippedFile) and each.reason is Skipped.UNREADABLE]
    if refused and not any(isinstance(each, InboxFile) for each in entries):
        rule = f"refuses to hand out any of its {len(refused)} objects"
        raise InboxError(uri, rule, f"{_HINTS['AccessDenied']}, and the use of its keys; or restore archived objects")


def _client(endpoint_url: str | None) -> Any:
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"max_attempts": 4, "mode": "standard"},
        max_pool_connections=_THREADS,
    )
    region = os.environ.get("AWS_DEFAULT_REGION") or os.environ.get("AWS_REGION") or "us-east-1"
    return boto3.session.Session().client("s3", endpoint_url=endpoint_url, config=config, region_name=region)


def _objects(client: Any, bucket: str, prefix: str) -> Iterator[_Object]:
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            relative = item["Key"].removeprefix(prefix)
            if relative:
                yield _Object(item["Key"], relative, item["ETag"].strip('"'), int(item["Size"]))


def _entry(client: Any, bucket: str, item: _Object, folder: Path, max_bytes: int) -> InboxFile | SkippedFile:
    reason = _skip(item, max_bytes)
    if reason is None:
        path = folder / item.slot / PurePosixPath(item.relative).name
        reason = None if _is_complete(path, item) else _download(client, bucket, item, path)
    return InboxFile(path, item.relative, item.size) if reason is None else _skipped(item, reason)


def _skipped(item: _Object, reason: Skipped) -> SkippedFile:
    return SkippedFile(item.relative, reason, item.size)


def _skip(item: _Object, max_bytes: int) -> Skipped | None:
    if item.relative.endswith("/"):
        return Skipped.NOT_A_FILE
    if not _is_safe(item.relative):
        return Skipped.UNSAFE_NAME
    return skip_by_name(item.relative) or (Skipped.TOO_LARGE if item.size > max_bytes else None)


def _is_safe(relative: str) -> bool:
    parts = relative.split("/")
    plain = all(part not in ("", ".", "..") and len(part.encode()) <= _MAX_NAME_BYTES for part in parts)
    return plain and "\\" not in relative and relative.isprintable()


def _is_complete(path: Path, item: _Object) -> bool:
    return path.is_file() and path.stat().st_size == item.size


def _download(client: Any, bucket: str, item: _Object, path: Path) -> Skipped | None:
    path.parent.mkdir(exist_ok=True, mode=0o700)
    partial = path.with_name(f"{path.name}.part")
    try:
        _fetch(client, bucket, item, partial)
    except ClientError as error:
        reason = _why_not_fetched(error)
        partial.unlink(missing_ok=True)
        return reason
    if partial.stat().st_size != item.size:
        partial.unlink()
        return Skipped.CHANGED
    durable.publish(partial, path)
    return None


def _why_not_fetched(error: ClientError) -> Skipped:
    """Return what is wrong with one object; what is wrong with the store or the credentials is raised."""
    code = error.response["Error"]["Code"]
    if code in _GONE:
        return Skipped.CHANGED
    if code in _REFUSED or code.startswith("KMS."):
        return Skipped.UNREADABLE
    raise error


def _fetch(client: Any, bucket: str, item: _Object, partial: Path) -> None:
    start = partial.stat().st_size if partial.is_file() else 0
    if start >= item.size:
        partial.unlink(missing_ok=True)
        start = 0
    with partial.open("ab") as file:
        if item.size == 0:
            return
        span = {"Range": f"bytes={start}-"} if start else {}
        body = client.get_object(Bucket=bucket, Key=item.key, IfMatch=item.etag, **span)["Body"]
        for chunk in body.iter_chunks(_CHUNK_BYTES):
            file.write(chunk)


def _prune(folder: Path, slots: set[str]) -> None:
    for path in folder.iterdir():
        if path.name not in slots:
            _LOG.info("removing a staged copy whose object left the bucket")
            shutil.rmtree(path)


@contextmanager
def _store_errors(uri: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        hint = _HINTS.get(code, "check the bucket and its policy")
        raise InboxError(uri, f"cannot be read ({code})", hint) from error
    except NoCredentialsError as error:
        hint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        raise InboxError(uri, "needs credentials, and there are none", hint) from error
    except BotoCoreError as error:
        hint = "check AWS_ENDPOINT_URL and the network; nothing was changed"
        raise InboxError(uri, f"cannot be reached ({type(error).__name__})", hint) from error
    except OSError as error:
        hint = "free space or set ECG_HOME to a writable folder"
        raise InboxError(error.filename or uri, f"cannot be staged ({error.strerror})", hint) from error
