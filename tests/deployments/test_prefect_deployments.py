"""``prefect.yaml`` on a real server with real workers: set up, refused, killed, resumed, promoted.

The tests build on each other, in the order of a first day with the platform.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ecgcore.errors import TrainingError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

    from tests.deployments.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(900)]

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SCRIPT = PROJECT / "deployments" / "prefect_setup.sh"


@pytest.fixture(scope="module")
def client(site: Site) -> Iterator[SyncPrefectClient]:
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: site.api}), get_client(sync_client=True) as client:
        yield client


@pytest.fixture(scope="module", autouse=True)
def deployed(site: Site, client: SyncPrefectClient) -> None:
    site.run("sh", SCRIPT)


def deployment(client: SyncPrefectClient, name: str) -> Any:
    return client.read_deployment_by_name(f"{name}/{name}")


def start(client: SyncPrefectClient, name: str, **parameters: Any) -> FlowRun:
    return client.create_flow_run_from_deployment(deployment(client, name).id, parameters=parameters)


def end(client: SyncPrefectClient, run: FlowRun, seconds: float = 600) -> FlowRun:
    assert wait(lambda: final(client, run), seconds), client.read_flow_run(run.id).state
    return client.read_flow_run(run.id)


def final(client: SyncPrefectClient, run: FlowRun) -> bool:
    state = client.read_flow_run(run.id).state
    return bool(state and state.is_final())


def wait(what: Any, seconds: float) -> bool:
    import time

    stop = time.monotonic() + seconds
    while not (held := what()) and time.monotonic() < stop:
        time.sleep(0.1)
    return bool(held)


def runs_of(client: SyncPrefectClient, name: str) -> list[FlowRun]:
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterDeploymentId

    wanted = FlowRunFilter(deployment_id=FlowRunFilterDeploymentId(any_=[deployment(client, name).id]))
    found = client.read_flow_runs(flow_run_filter=wanted)
    return [run for run in found if not run.auto_scheduled]


def artifact_keys(client: SyncPrefectClient) -> set[str]:
    return {str(artifact.key) for artifact in client.read_artifacts(limit=200)}


def test_setting_up_again_changes_nothing(site: Site, client: SyncPrefectClient) -> None:
    from prefect.client.schemas.filters import DeploymentFilter

    before = {each.id for each in client.read_deployments(deployment_filter=DeploymentFilter())}
    site.run("sh", SCRIPT)
    after = client.read_deployments(deployment_filter=DeploymentFilter())
    assert {each.id for each in after} == before and len(after) == 4
    assert {name: len(deployment(client, name).schedules) for name in ("ingest", "retrain")} == {
        "ingest": 1,
        "retrain": 1,
    }
    automations = site.run(BIN / "prefect", "automation", "ls").stdout
    assert automations.count("crash-lost-runs") == 1


@pytest.mark.parametrize(("name", "cron"), [("ingest", "0 * * * *"), ("retrain", "0 2 1 * *")])
def test_schedules_follow_the_hospital_s_clock(client: SyncPrefectClient, name: str, cron: str) -> None:
    (schedule,) = deployment(client, name).schedules
    assert (schedule.active, schedule.schedule.cron, schedule.schedule.timezone) == (True, cron, "Asia/Bangkok")


@pytest.mark.parametrize("name", ["train", "promote"])
def test_training_and_promotion_start_on_demand_only(client: SyncPrefectClient, name: str) -> None:
    assert deployment(client, name).schedules == []


@pytest.mark.parametrize("name", ["ingest", "promote"])
def test_a_second_run_at_the_same_time_is_cancelled(client: SyncPrefectClient, name: str) -> None:
    found = deployment(client, name)
    assert found.global_concurrency_limit.limit == 1
    assert found.concurrency_options.collision_strategy == "CANCEL_NEW"


@pytest.mark.parametrize(("name", "pool", "queue"), [("retrain", "default", "retrain"), ("train", "gpu", "default")])
def test_what_takes_hours_holds_no_lease_that_could_kill_it(
    client: SyncPrefectClient, name: str, pool: str, queue: str
) -> None:
    found = deployment(client, name)
    assert found.global_concurrency_limit is None
    assert (found.work_pool_name, found.work_queue_name) == (pool, queue)


def test_one_training_and_one_retraining_at_a_time(client: SyncPrefectClient) -> None:
    assert client.read_work_pool("gpu").concurrency_limit == 1
    assert client.read_work_queue_by_name("retrain", "default").concurrency_limit == 1
    assert client.read_work_queue_by_name("default", "default").concurrency_limit is None


@pytest.mark.parametrize("name", ["ingest", "retrain", "train", "promote"])
def test_workers_start_in_the_project(client: SyncPrefectClient, name: str) -> None:
    assert deployment(client, name).pull_steps == [
        {"prefect.deployments.steps.set_working_directory": {"directory": str(PROJECT)}}
    ]


def test_a_run_is_lost_after_three_missed_heartbeats(client: SyncPrefectClient) -> None:
    from prefect.settings import get_current_settings

    (automation,) = client._client.post("/automations/filter", json={}).json()
    every = get_current_settings().flows.heartbeat_frequency
    assert automation["enabled"] and automation["trigger"]["posture"] == "Proactive"
    assert automation["trigger"]["within"] == 540 and every == 540 / 3
    assert [(a["type"], a["state"]) for a in automation["actions"]] == [("change-flow-run-state", "CRASHED")]


def test_a_training_that_nobody_would_take_is_refused(client: SyncPrefectClient) -> None:
    from tasks.prefect.deployment import run_to_end

    with pytest.raises(TrainingError, match=r"work pool gpu: has no worker online.*prefect worker start --pool gpu"):
        run_to_end("train/train", {"snapshot_dir": "s", "recipe_file": "r", "run_dir": "d"})
    assert runs_of(client, "train") == []


def test_ingest_runs_as_a_deployment_and_publishes_its_summary(site: Site, client: SyncPrefectClient) -> None:
    site.start("default", "worker", "start", "--pool", "default", "--type", "process")
    run = end(client, start(client, "ingest"))
    assert run.state is not None and run.state.is_completed(), run.state
    assert run.work_pool_name == "default"
    assert {"ingest-summary", "ingest-quarantine"} <= artifact_keys(client)
    status = site.run(BIN / "ecg", "status", "--json").stdout
    assert '"studies": 120' in status


def test_retraining_without_a_gpu_worker_says_so(site: Site, client: SyncPrefectClient) -> None:
    for name in ("old", "new"):
        site.run(BIN / "ecg", "testset", "lock", name, "--yes")
    run = end(client, start(client, "retrain"))
    assert run.state is not None and run.state.is_failed()
    assert "work pool gpu: has no worker online" in str(run.state.message)
    assert "prefect worker start --pool gpu" in str(run.state.message)


def test_a_killed_training_is_reported_and_an_overlapping_retraining_waits(
    site: Site, client: SyncPrefectClient
) -> None:
    site.start("gpu", "worker", "start", "--pool", "gpu", "--type", "process")
    assert wait(lambda: client.read_workers_for_work_pool("gpu"), 200)
    first = start(client, "retrain")
    assert wait(lambda: client.read_flow_run(first.id).state.is_running(), 200)
    second = start(client, "retrain")
    assert wait(lambda: any(run.infrastructure_pid for run in runs_of(client, "train")), 400)
    (training,) = runs_of(client, "train")
    assert training.work_pool_name == "gpu" and training.parent_task_run_id is not None
    process = int(str(training.infrastructure_pid).rsplit(":", 1)[-1])
    assert wait(lambda: list(site.home.glob("runs/*/metrics.csv")), 400)  # written once the epoch's checkpoint is
    waiting = client.read_flow_run(second.id)  # before the kill, which frees its place in the queue
    assert waiting.state is not None and waiting.state.is_scheduled(), waiting.state
    os.kill(process, signal.SIGKILL)
    assert rows(site) < site_epochs(site), "it ended before it was killed"
    (site.root / "before.csv").write_text("\n".join(metrics(site)), encoding="utf-8")

    failed = end(client, first)
    assert failed.state is not None and failed.state.is_failed()
    message = str(failed.state.message)
    assert "train/train run" in message and "Crashed" in message and "the training goes on where it stopped" in message


def rows(site: Site) -> int:
    return len(metrics(site)) - 1


def metrics(site: Site) -> list[str]:
    (path,) = site.home.glob("runs/*/metrics.csv")
    return path.read_text(encoding="utf-8").splitlines()


def site_epochs(site: Site) -> int:
    import yaml

    recipe = yaml.safe_load((site.root / "deployments" / "recipes" / "tiny.yaml").read_text(encoding="utf-8"))
    return int(recipe["training"]["epochs"])


def test_retraining_again_resumes_and_ends_with_a_champion(site: Site, client: SyncPrefectClient) -> None:
    before = (site.root / "before.csv").read_text(encoding="utf-8").splitlines()
    run = end(client, max(runs_of(client, "retrain"), key=lambda each: each.created))  # the one that had to wait
    assert run.state is not None and run.state.is_completed(), run.state

    after = metrics(site)
    assert len(before) > 1 and len(after) == 1 + site_epochs(site)
    assert after[: len(before)] == before, "epochs that were done, to the millisecond they took, are not done again"

    crashed, completed = sorted(runs_of(client, "train"), key=lambda each: each.created)
    assert crashed.state.is_crashed() and completed.state.is_completed()
    assert (site.home / "champion").resolve() == (site.home / "releases" / "1").resolve()
    assert {"gates", "decision-champion-1", "train-progress"} <= artifact_keys(client)
    assert '"champion": "1"' in site.run(BIN / "ecg", "status", "--json").stdout


def test_nothing_new_is_skipped_without_training(client: SyncPrefectClient) -> None:
    run = end(client, start(client, "retrain"))
    assert run.state is not None and run.state.is_completed()
    assert len(runs_of(client, "train")) == 2


def test_promote_takes_version_reviewer_and_reason(site: Site, client: SyncPrefectClient) -> None:
    given = {"version": "1", "reviewer": "Dr A", "reason": "seen the decision page"}
    run = end(client, start(client, "promote", **given))
    assert run.state is not None and run.state.is_completed(), run.state
    assert "promotion" in artifact_keys(client)

    wrong = end(client, start(client, "promote", **(given | {"version": "99"})))
    assert wrong.state is not None and wrong.state.is_failed()
    assert "99" in str(wrong.state.message)


def test_promote_without_a_reviewer_never_starts(site: Site) -> None:
    done = site.run(BIN / "prefect", "deployment", "run", "promote/promote", "--param", 'version="1"', check=False)
    assert done.returncode != 0
    assert "reviewer" in done.stdout + done.stderr
