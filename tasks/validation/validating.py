"""The Prefect task around the validation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from prefect import task
from prefect.cache_policies import NO_CACHE

from ecgcore.cmr.rules.validation_report import ValidationReport
from tasks.validation import validate


@task(name="validate the labels", cache_policy=NO_CACHE)
def validate_rows(rows: pd.DataFrame, batch_id: str, data_docs_dir: Path, ingest_page: Path) -> ValidationReport:
    """Check the rows of all new tables against every rule and build the Data Docs."""
    return validate(rows, batch_id=batch_id, data_docs_dir=data_docs_dir, ingest_page=ingest_page)
