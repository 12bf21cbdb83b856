"""Makes the work pools, the queue of the retrainings and the automation on the Prefect server of ``PREFECT_API_URL``.

Run by ``prefect_setup.sh``. What is there already is left alone, but for the two limits. One process does it all: each
call of Prefect's command line takes seconds before it does anything.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.events.schemas.automations import AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.workers.process import ProcessWorker

POOLS = ("default", "gpu")
AUTOMATIONS = Path(__file__).with_name("automations.yaml")
ONE_AT_A_TIME = 1


def make_pool(client: SyncPrefectClient, name: str) -> None:
    """Make a pool of process workers, if there is none of that name."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type=ProcessWorker.type, base_job_template=template))


def limit_trainings(client: SyncPrefectClient) -> None:
    """One training at a time, and one retraining; the next one waits."""
    client.update_work_pool("gpu", WorkPoolUpdate(concurrency_limit=ONE_AT_A_TIME))
    try:
        queue = client.read_work_queue_by_name("retrain", "default")
    except ObjectNotFound:
        client.create_work_queue("retrain", concurrency_limit=ONE_AT_A_TIME, work_pool_name="default")
    else:
        client.update_work_queue(queue.id, concurrency_limit=ONE_AT_A_TIME)


def make_automations(client: SyncPrefectClient) -> None:
    """Make the automations of ``automations.yaml`` whose names are not there."""
    for fields in yaml.safe_load(AUTOMATIONS.read_text(encoding="utf-8"))["automations"]:
        automation = AutomationCore.model_validate(fields)
        if not client.read_automations_by_name(automation.name):
            client.create_automation(automation)


def main() -> None:
    """Make what is missing, and say so."""
    with get_client(sync_client=True) as client:
        for name in POOLS:
            make_pool(client, name)
        limit_trainings(client)
        make_automations(client)
        sys.stdout.write(
            f"work pools {' and '.join(POOLS)}, the queue of the retrainings and the automation are there\n"
        )


if __name__ == "__main__":
    main()
