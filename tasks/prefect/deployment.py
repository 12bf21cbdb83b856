"""Runs a flow as a deployment where one exists."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ecgcore.errors import TrainingError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

POLL_SECONDS = 5.0
OUTAGE_SECONDS = 1800.0  # a server may be away so long, for an upgrade or a reboot, while a training goes on

log = logging.getLogger(__name__)


def pool_of(name: str) -> str | None:
    """Return the work pool of the deployment ``flow/name``, or None if the Prefect server has no such deployment."""
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    with get_client(sync_client=True) as client:
        try:
            return client.read_deployment_by_name(name).work_pool_name or "default"
        except ObjectNotFound:
            return None


def run_to_end(name: str, parameters: dict[str, Any], poll_seconds: float = POLL_SECONDS) -> None:
    """Run a deployment as a subflow and wait until it ends.

    Args:
        name: ``flow/deployment``.
        parameters: of the flow.
        poll_seconds: between two looks at the run.

    Raises:
        TrainingError: the work pool is paused or has no worker, so that the run would wait for ever (a run that was
            made is cancelled then), or the run did not end well.
    """
    from prefect.client.orchestration import get_client
    from prefect.deployments import run_deployment

    with get_client(sync_client=True) as client:
        pool = client.read_deployment_by_name(name).work_pool_name or "default"
        check_pool(client, pool)
        started: Any = run_deployment(name, parameters=parameters, timeout=0)
        _check_end(name, _wait(client, started.id, pool, poll_seconds))


def check_pool(client: SyncPrefectClient, pool: str) -> None:
    """Check that somebody will take a run of a work pool.

    Raises:
        TrainingError: the pool is paused, or none of its workers is online (the server notices a lost worker after
            some 90 s).
    """
    from prefect.client.schemas.objects import WorkerStatus

    if client.read_work_pool(pool).is_paused:
        raise TrainingError(f"work pool {pool}", "is paused", f"prefect work-pool resume {pool}")
    if not any(worker.status is WorkerStatus.ONLINE for worker in client.read_workers_for_work_pool(pool)):
        hint = f"run `prefect worker start --pool {pool}` on the machine that shall train, then start `retrain` again"
        raise TrainingError(f"work pool {pool}", "has no worker online", hint)


def _wait(client: SyncPrefectClient, run_id: UUID, pool: str, poll_seconds: float) -> FlowRun:
    from httpx import HTTPError

    seen = time.monotonic()
    while True:
        try:
            run = _look(client, run_id, pool)
            seen = time.monotonic()
        except HTTPError as error:
            if time.monotonic() - seen > OUTAGE_SECONDS:
                hint = "start the server, then `retrain` again: the training goes on, or where it stopped"
                raise TrainingError("Prefect's server", f"is away ({type(error).__name__})", hint) from error
            log.warning("Prefect's server is away (%s); waiting for it", type(error).__name__)
        else:
            if run.state and run.state.is_final():
                return run
        time.sleep(poll_seconds)


def _look(client: SyncPrefectClient, run_id: UUID, pool: str) -> FlowRun:
    """Return the run as it stands; one that waits for a worker that is not there is cancelled."""
    from prefect.states import Cancelled

    run = client.read_flow_run(run_id)
    if run.state and run.state.is_scheduled():
        try:
            check_pool(client, pool)
        except TrainingError:
            client.set_flow_run_state(run_id, Cancelled(message="nobody takes runs of its work pool"), force=True)
            raise
    return run


def _check_end(name: str, run: FlowRun) -> None:
    if run.state is None or not run.state.is_completed():
        state = f"{run.state.name} ({run.state.message or 'no message'})" if run.state else "unknown"
        hint = "read its log in the Prefect UI and start `retrain` again: the training goes on where it stopped"
        raise TrainingError(f"{name} run {run.name}", f"ended as {state}", hint)
