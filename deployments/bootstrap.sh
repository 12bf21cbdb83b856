#!/bin/sh
# Makes the virtual environment with pinned packages, and sees to it that poppler's pdftoppm is there.
set -eu
venv=${1:-.venv}
cd "$(dirname "$0")/.."

root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n "$@"; else return 1; fi
}

package() { # package NAME: from the distribution, if we may
    command -v apt-get >/dev/null 2>&1 || return 1
    root apt-get update -qq && root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null
}

python=$(command -v python3 || true)
[ -n "$python" ] || { echo "setup: python3 is missing. Next: install Python 3.11 or newer." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: $("$python" -V) is too old. Next: install Python 3.11 or newer." >&2; exit 1; }

if ! command -v pdftoppm >/dev/null 2>&1; then
    package poppler-utils || { echo "setup: pdftoppm is missing. Next: install the package poppler-utils (apt-get install poppler-utils)." >&2; exit 1; }
fi

if [ ! -x "$venv/bin/pip" ]; then
    "$python" -m venv "$venv" 2>/dev/null || { package python3-venv && "$python" -m venv "$venv"; } \
        || { echo "setup: python3 cannot make a virtual environment. Next: install the package python3-venv." >&2; exit 1; }
fi
echo "setup: installing packages into $venv (some gigabytes; some minutes)"
"$venv/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt setuptools
"$venv/bin/pip" install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
