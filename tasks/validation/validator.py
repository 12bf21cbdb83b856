"""One run of Great Expectations: a frame and its checks -> the rows that fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecgcore.cmr.sheet.cell import shown
from ecgcore.errors import TableError
from tasks.validation.expectation import Check, compile_check

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationSuiteValidationResult, ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext

_VALUES_IN_RESULT = 20  # unexpected values that the result lists per rule beside the row ids


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said.

    Args:
        check: the check.
        success: whether it holds.
        row_ids: the `row_id` of each row that breaks it.
        expectation: Great Expectations' name for it.
        rows: how many rows were looked at.
    """

    check: Check
    success: bool
    row_ids: tuple[str, ...]
    expectation: str
    rows: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What all checks said, and Great Expectations' own result as plain values."""

    outcomes: tuple[CheckResult, ...]
    result: dict[str, Any]


def run_checks(frame: pd.DataFrame, checks: tuple[Check, ...], batch_id: str, today: date) -> Checked:
    """Run the checks on a frame.

    Raises:
        TableError: a check could not be evaluated, so that nothing is known about the batch.
    """
    found = _run(_context(), frame, _suite(checks, today), batch_id)
    by_meta = {_origin(r): r for r in found.results}
    outcomes = tuple(_outcome(check, by_meta[check.rule.name, check.column], batch_id, len(frame)) for check in checks)
    return Checked(outcomes, found.to_json_dict())


def _origin(result: ExpectationValidationResult) -> tuple[str, str]:
    meta = result.expectation_config.meta if result.expectation_config else {}
    return meta["rule"], meta["column"]


def _context() -> EphemeralDataContext:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={},
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _suite(checks: tuple[Check, ...], today: date) -> ExpectationSuite:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name="label-rules", expectations=[compile_check(check, today) for check in checks])


def _run(
    context: EphemeralDataContext, frame: pd.DataFrame, suite: ExpectationSuite, batch_id: str
) -> ExpectationSuiteValidationResult:
    import great_expectations as gx

    rows = (
        context.data_sources.add_pandas("labels")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )
    definition = gx.ValidationDefinition(name="label-rules", data=rows, suite=context.suites.add(suite))
    checkpoint = gx.Checkpoint(
        name="ingest",
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["row_id"] if "row_id" in frame else [],
            "partial_unexpected_count": _VALUES_IN_RESULT,
        },
    )
    result = checkpoint.run(
        batch_parameters={"dataframe": frame}, run_id=gx.RunIdentifier(run_name=batch_id, run_time=datetime.now(UTC))
    )
    return next(iter(result.run_results.values()))


def _outcome(check: Check, result: ExpectationValidationResult, batch_id: str, rows: int) -> CheckResult:
    message = _exception_message(result.exception_info or {})
    if message is not None:
        raise TableError(
            f"batch {batch_id}",
            f"cannot be checked against the rule {check.rule.name} ({shown(message)})",
            "keep the files where they are and report this message; nothing was ingested",
        )
    failed = (result.result or {}).get("unexpected_index_list") or []
    name = result.expectation_config.type if result.expectation_config else ""
    return CheckResult(check, bool(result.success), tuple(str(row["row_id"]) for row in failed), name, rows)


def _exception_message(info: Mapping[str, Any]) -> str | None:
    """Return the message of an evaluation that broke; one exception, or one per metric."""
    nested = [info] if "raised_exception" in info else list(info.values())
    broken = [str(i.get("exception_message") or "no message") for i in nested if i.get("raised_exception")]
    return broken[0] if broken else None
