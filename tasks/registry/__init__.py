"""The model registry: one MLflow registered model per slot, each version with all of its evidence."""

import os

# MLflow reads these when it is first imported, so they must stand before any module here imports it
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")  # of a run on a server, amid a command's JSON
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
