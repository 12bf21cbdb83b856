#!/bin/sh
# Makes the work pools, the queue of the retrainings, the automation and the deployments on the Prefect server that
# PREFECT_API_URL names.
# Running it again updates the deployments and changes nothing else.
set -eu

ECG_PROJECT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
export ECG_PROJECT
export DO_NOT_TRACK=true PREFECT_SERVER_ANALYTICS_ENABLED=false
cd "$ECG_PROJECT"

if [ -z "${PREFECT_API_URL:-}" ]; then
  echo "PREFECT_API_URL is not set. Hint: prefect server start, then PREFECT_API_URL=http://127.0.0.1:4200/api sh $0" >&2
  exit 1
fi
PYTHON=${PYTHON:-$ECG_PROJECT/.venv/bin/python}
if ! command -v "$PYTHON" >/dev/null; then
  echo "$PYTHON is missing. Hint: run make setup, or set PYTHON to the program" >&2
  exit 1
fi

"$PYTHON" deployments/prefect_pools.py
"$PYTHON" -m prefect --no-prompt deploy --all
