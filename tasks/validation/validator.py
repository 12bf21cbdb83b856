"""One run of Great Expectations: a frame and its checks -> the rows that fail, and Data Docs."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from ecgcore.cmr.sheet.cell import shown
from ecgcore.errors import TableError
from tasks.validation.expectation import Check, compile_check

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.data_context import EphemeralDataContext

_SITE = "batch"
_ROWS_IN_DOCS = 20  # unexpected values that a page of the Data Docs lists per rule
_RUNS_IN_DOCS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check said: whether it holds, and the `row_id` of each row that breaks it."""

    check: Check
    success: bool
    row_ids: tuple[str, ...]


def run_checks(
    frame: pd.DataFrame, checks: tuple[Check, ...], batch_id: str, today: date, docs: Path | None
) -> tuple[Outcome, ...]:
    """Run the checks on a frame; build the Data Docs below `docs` if given.

    Raises:
        TableError: a check could not be evaluated, so that nothing is known about the batch.
    """
    with _site(docs) as site:
        context = _context(site)
        result = _run(context, frame, _suite(checks, today), batch_id, site is not None)
    by_meta = {_origin(r): r for r in result}
    return tuple(_outcome(check, by_meta[check.rule.name, check.column], batch_id) for check in checks)


def _origin(result: ExpectationValidationResult) -> tuple[str, str]:
    meta = result.expectation_config.meta if result.expectation_config else {}
    return meta["rule"], meta["column"]


@contextmanager
def _site(docs: Path | None) -> Iterator[Path | None]:
    """Give a folder beside `docs` that takes its place once it is complete."""
    if docs is None:
        yield None
        return
    docs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=docs.parent, prefix=".building-") as building:
        site = Path(building) / _SITE
        yield site
        if docs.exists():
            shutil.rmtree(docs)
        site.rename(docs)


def _context(site: Path | None) -> EphemeralDataContext:
    import great_expectations as gx
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={_SITE: _site_config(site)} if site else {},
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
        analytics_enabled=False,
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _site_config(site: Path) -> dict[str, Any]:
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(site)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder", "validation_results_limit": _RUNS_IN_DOCS},
    }


def _suite(checks: tuple[Check, ...], today: date) -> ExpectationSuite:
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name="label-rules", expectations=[compile_check(check, today) for check in checks])


def _run(
    context: EphemeralDataContext, frame: pd.DataFrame, suite: ExpectationSuite, batch_id: str, with_docs: bool
) -> list[ExpectationValidationResult]:
    import great_expectations as gx
    from great_expectations.checkpoint import UpdateDataDocsAction

    rows = (
        context.data_sources.add_pandas("labels")
        .add_dataframe_asset("rows")
        .add_batch_definition_whole_dataframe("all")
    )
    definition = gx.ValidationDefinition(name="label-rules", data=rows, suite=context.suites.add(suite))
    checkpoint = gx.Checkpoint(
        name="ingest",
        validation_definitions=[context.validation_definitions.add(definition)],
        actions=[UpdateDataDocsAction(name="docs", site_names=[_SITE])] if with_docs else [],
        result_format={
            "result_format": "COMPLETE",
            "unexpected_index_column_names": ["row_id"] if "row_id" in frame else [],
            "partial_unexpected_count": _ROWS_IN_DOCS,
        },
    )
    result = checkpoint.run(
        batch_parameters={"dataframe": frame}, run_id=gx.RunIdentifier(run_name=batch_id, run_time=datetime.now(UTC))
    )
    return next(iter(result.run_results.values())).results


def _outcome(check: Check, result: ExpectationValidationResult, batch_id: str) -> Outcome:
    message = _exception_message(result.exception_info or {})
    if message is not None:
        raise TableError(
            f"batch {batch_id}",
            f"cannot be checked against the rule {check.rule.name} ({shown(message)})",
            "keep the files where they are and report this message; nothing was ingested",
        )
    failed = (result.result or {}).get("unexpected_index_list") or []
    return Outcome(check, bool(result.success), tuple(str(row["row_id"]) for row in failed))


def _exception_message(info: Mapping[str, Any]) -> str | None:
    """Return the message of an evaluation that broke; one exception, or one per metric."""
    nested = [info] if "raised_exception" in info else list(info.values())
    broken = [str(i.get("exception_message") or "no message") for i in nested if i.get("raised_exception")]
    return broken[0] if broken else None
