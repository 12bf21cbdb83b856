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
PREFECT=${PREFECT:-$ECG_PROJECT/.venv/bin/prefect}
if ! command -v "$PREFECT" >/dev/null; then
  echo "$PREFECT is missing. Hint: run make setup, or set PREFECT to the program" >&2
  exit 1
fi

pool() {
  "$PREFECT" work-pool inspect "$1" >/dev/null 2>&1 || "$PREFECT" --no-prompt work-pool create "$1" --type process
}

pool default
pool gpu
"$PREFECT" work-pool set-concurrency-limit gpu 1  # one training at a time; the next one waits
"$PREFECT" work-queue set-concurrency-limit retrain 1 --pool default 2>/dev/null ||  # one retraining, too
  "$PREFECT" work-queue create retrain --pool default --limit 1
# `create` would add a second automation of the same name.
"$PREFECT" automation inspect crash-lost-runs >/dev/null 2>&1 ||
  "$PREFECT" automation create --from-file deployments/automations.yaml
"$PREFECT" --no-prompt deploy --all
