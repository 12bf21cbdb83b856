"""Our own servers are asked directly, whatever proxy the environment names for the world outside."""

from __future__ import annotations

import logging
import os
from importlib.util import find_spec

_NO_PROXY = ("NO_PROXY", "no_proxy")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PLAIN = ("http", "https")
_SOCKS = ("socks5", "socks5h")

_LEFT_OUT = (
    "%s names a proxy of the kind %s, which no client here can use (http and https; with the package socksio also "
    "socks5 and socks5h); it is left out, and what goes outside goes without it"
)

log = logging.getLogger(__name__)


def spare_loopback_the_proxy() -> None:
    """Keep our own servers from being asked for at a proxy, in this process and in those that it starts.

    Both spellings of ``NO_PROXY`` are read, and some clients read one only; a host that is listed already stays.
    Prefect's client cannot be made at all where any variable names a proxy of a kind that it does not know, so such
    variables are left out, and a warning says so.
    """
    kept = [host for name in _NO_PROXY for host in os.environ.get(name, "").split(",") if host.strip()]
    listed = ",".join(dict.fromkeys([*(host.strip() for host in kept), *_LOOPBACK]))
    for name in _NO_PROXY:
        os.environ[name] = listed
    for name in [name for name in os.environ if name.lower() in _PROXIES and not _is_known(os.environ[name])]:
        kind = os.environ.pop(name).partition("://")[0]
        log.warning(_LEFT_OUT, name, kind)


def _is_known(proxy: str) -> bool:
    kind, found, _ = proxy.strip().lower().partition("://")
    return not found or kind in _PLAIN or (kind in _SOCKS and find_spec("socksio") is not None)
