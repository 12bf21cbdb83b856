"""Retrain: enough new? -> snapshot -> champion on the new -> train -> judge -> register -> promote or wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from prefect import flow

from ecgcore.data.snapshot import Snapshot
from ecgcore.errors import LedgerError
from ecgcore.evaluation.gates.policy import Approval, Policy, load_policy
from ecgcore.ledger.cohort import testset
from ecgcore.ledger.cohort.freeze import SnapshotInfo
from ecgcore.ledger.cohort.new_studies import new_studies
from ecgcore.ledger.decide.promotion_state import ENDED
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.ledger.review import audit
from ecgcore.settings import Settings
from ecgcore.training.recipe.recipe_file import AnyRecipe
from flows.promote import promote_version
from flows.train import TRAIN, trained
from tasks.cohort.snapshots import freeze
from tasks.judging.judge import judge
from tasks.judging.label_rule_check import check_label_rule
from tasks.judging.newcomers import Newcomers, score_newcomers
from tasks.judging.outcome import RetrainOutcome
from tasks.judging.publication import decision_page, publish_decision, publish_gates
from tasks.judging.registering import candidate_of
from tasks.prefect.deployment import pool_of
from tasks.prefect.environment import open_ledger, prepare
from tasks.registry.registry import Registry, registry_of
from tasks.release.serving import Champion, champion_of
from tasks.training.runs import Run, check_weights, lineage_of, plan_run
from tasks.validation.alerts import batch_alerts


@flow(
    name="retrain",
    description="New studies -> trained, judged and registered candidate; promoted if the policy says so.",
)
def retrain(
    recipe: str | None = None, policy: str | None = None, force: bool = False, overlay: str | None = None
) -> RetrainOutcome:
    """Retrain a recipe under a policy, one retraining of a slot at a time.

    The candidate is judged against the champion of the moment after the training, and promoted only over that one.

    Args:
        recipe: name of a file in ``deployments/recipes``; ``ECG_RECIPE`` if not given.
        policy: name of a file in ``deployments/policies``; ``ECG_POLICY`` if not given.
        force: train even if too few studies are new, or a batch limit is exceeded.
        overlay: name of a file in ``deployments/overlays`` laid over the recipe, if any.

    Raises:
        EcgError: recipe, policy, ledger, snapshot or training fails its checks, another retraining of the slot is
            under way, or the champion was trained for another label rule. Gates that say no are no error.
    """
    settings = prepare()
    policy_file = settings.deployments / "policies" / f"{policy or settings.policy}.yaml"
    lineage, rules = lineage_of(settings, recipe or settings.recipe, overlay), load_policy(policy_file)
    plan = lineage.recipe
    if pool_of(TRAIN) is None:  # else the machine of the GPU pool looks for its own
        check_weights(settings, lineage)
    if plan.promotable:
        rules.check_covers(plan.model.targets)
    slot = plan.slot or plan.name
    registry = registry_of(settings)
    with open_ledger(settings) as ledger, ledger.exclusive(f"a retraining of slot {slot}", wait=False):
        _check_alerts(ledger, settings, force)
        for name in rules.test_sets:
            testset.verify(ledger, name)
        info = freeze(settings)
        run = plan_run(settings, info.snapshot_id, lineage)
        champion = _champion(settings, ledger, registry, slot)
        if reason := _why_not(ledger, registry, settings, info, run, slot, champion, force):
            held = _finish_promotion(settings, ledger, registry, slot, rules, run)
            return RetrainOutcome.skipped(reason + held, _serving(ledger, slot))
        _record_start(ledger, run, rules, info)
        snapshot = Snapshot.open(info.path)
        newcomers = _score_new(ledger, registry, snapshot, slot, champion)
        run_dir = trained(settings, info.path, run)
        if (serving := _champion(settings, ledger, registry, slot)) != champion:  # changed in the hours of the training
            champion, newcomers = serving, _score_new(ledger, registry, snapshot, slot, serving)
        model, golden = run_dir / "model", run_dir / "golden"
        judgement = judge(ledger, snapshot, model, golden, rules, champion, run_dir.name, plan.promotable)
        candidate = candidate_of(run_dir, run.sha256, snapshot, plan, slot, rules, policy_file, judgement, newcomers)
        version = registry.register_candidate(candidate)
        page = publish_decision(settings, registry, slot, version, decision_page(version, candidate, judgement))
        publish_gates(judgement)
        registry.offer(slot, version)  # last: a run killed before is judged and published by the next
        held = _promote(settings, ledger, registry, slot, version, rules, plan) if judgement.gate == "pass" else ""
        serves = _serving(ledger, slot)
    return RetrainOutcome(
        trained=True,
        reason=judgement.decision.reason + held,
        version=version,
        gate=judgement.gate,
        promoted=serves == version,
        champion=serves,
        decision=judgement.decision,
        page=page,
        snapshot=info.snapshot_id,
        promotable=plan.promotable,
    )


def _champion(settings: Settings, ledger: Ledger, registry: Registry, slot: str) -> Champion | None:
    """Return the version that serves the slot, checked to be one that a candidate can be compared with."""
    champion = champion_of(settings.home, ledger, slot)
    if champion:
        tags = registry.tags(slot, champion.version)
        check_label_rule(champion.version, tags, settings.folder("snapshots"), settings.label_rule)
    return champion


def _serving(ledger: Ledger, slot: str) -> str | None:
    current = promotion.current(ledger, slot)
    return current.version if current else None


def _check_alerts(ledger: Ledger, settings: Settings, force: bool) -> None:
    alerts = batch_alerts(ledger, settings.label_rule)
    if alerts and not force:
        raise LedgerError(
            "the last studies", f"exceed a batch limit: {alerts[0]}", "settle it, or retrain with --force"
        )


def _why_not(
    ledger: Ledger,
    registry: Registry,
    settings: Settings,
    info: SnapshotInfo,
    run: Run,
    slot: str,
    champion: Champion | None,
    force: bool,
) -> str | None:
    if force:
        return None
    if version := _registered(registry, slot, info, run):
        return f"nothing is new: version {version} was trained with this recipe on this snapshot"
    counts = {
        what: len(new_studies(ledger, info.snapshot_id, registry.tags(slot, version)["snapshot"]))
        for what, version in _judged_before(registry, slot, champion, run).items()
    }
    what = min(counts, key=lambda each: counts[each], default=None)  # the later of the two has fewer
    if what and counts[what] < settings.min_new_studies:
        fewer = f"fewer than {settings.min_new_studies}; --force trains anyway"
        return f"{counts[what]} studies are new since {what}, {fewer}"
    return None


def _judged_before(registry: Registry, slot: str, champion: Champion | None, run: Run) -> dict[str, str]:
    """Return the versions that stand for studies seen before: each training draws again at the locked test sets."""
    found = {f"champion {champion.version}": champion.version} if champion else {}
    if version := registry.offered_version(slot, run.sha256):
        found[f"version {version}, the last candidate of this recipe"] = version
    return found


def _registered(registry: Registry, slot: str, info: SnapshotInfo, run: Run) -> str | None:
    for version in (registry.offered_version(slot, run.sha256), registry.champion_version(slot)):
        tags = registry.tags(slot, version) if version else {}
        if (tags.get("snapshot"), tags.get("recipe_sha256")) == (info.snapshot_id, run.sha256):
            return version
    return None


def _record_start(ledger: Ledger, run: Run, policy: Policy, info: SnapshotInfo) -> None:
    detail = {
        "recipe": run.name,
        "recipe_sha256": run.sha256,
        "policy": policy.name,
        "policy_sha256": policy.sha256,
        "snapshot": info.snapshot_id,
    }
    with ledger.writing() as connection:
        audit.record(connection, datetime.now(UTC), "retrain-start", run.path.name, detail)


def _score_new(
    ledger: Ledger, registry: Registry, snapshot: Snapshot, slot: str, champion: Champion | None
) -> Newcomers | None:
    if champion is None:
        return None
    since = registry.tags(slot, champion.version)["snapshot"]
    return score_newcomers(snapshot, new_studies(ledger, snapshot.id, since), champion)


def _finish_promotion(
    settings: Settings, ledger: Ledger, registry: Registry, slot: str, policy: Policy, run: Run
) -> str:
    """Promote what a killed run registered but did not promote to the end; see :func:`_promote`."""
    version = registry.candidate_version(slot)
    tags = registry.tags(slot, version) if version else {}
    champion = promotion.current(ledger, slot)
    found = (tags.get("gate"), tags.get("policy_sha256"), tags.get("recipe_sha256"))
    mine = found == ("pass", policy.sha256, run.sha256)
    if version is None or not mine or (champion and champion.version == version):
        return ""
    return _promote(settings, ledger, registry, slot, version, policy, run.recipe)


def _promote(
    settings: Settings, ledger: Ledger, registry: Registry, slot: str, version: str, policy: Policy, recipe: AnyRecipe
) -> str:
    """Promote a version that passed, if its policy does so without a person; return why not, if it is held back."""
    tags = registry.tags(slot, version)
    if policy.approval is not Approval.AUTOMATIC or not recipe.promotable:
        return ""
    if held := _held_back(ledger, slot, version, tags):
        return f"; version {version} is not promoted without a person: {held}"
    reason = "all blocking gates passed; approval is automatic by this policy"
    promote_version(settings, ledger, slot, version, f"policy {policy.name}", reason)
    return ""


def _held_back(ledger: Ledger, slot: str, version: str, tags: Mapping[str, str]) -> str:
    """Return why a policy alone may not promote a version: what a person left, under whatever version, stays left."""
    if tags.get("gate") != "pass":
        return f"it keeps the verdict {tags.get('gate')!r} that it was registered with"
    for past in promotion.history(ledger, slot):
        same = past.version == version or past.model_dir_sha256 == tags["model_dir_sha256"]
        if same and past.state in ENDED:
            return f"its model was promoted before, as version {past.version} ({past.state})"
    now = _serving(ledger, slot) or promotion.NO_CHAMPION
    if promotion.unfinished(ledger, slot) is None and tags.get("judged_against") != now:
        return f"it was judged against champion {tags.get('judged_against')}; now it is {now}, so retrain with --force"
    return ""
