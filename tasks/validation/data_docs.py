"""The Data Docs of a batch: a page that needs nothing from elsewhere, and the validator's own result beside it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ecgcore.pages.html import render_html
from ecgcore.pages.validation_page import ValidationPage, validation_document

PAGE, RESULT = "index.html", "validation.json"


def write_data_docs(folder: Path, page: ValidationPage, result: Mapping[str, Any]) -> Path:
    """Write the page and the result into ``folder``, whole or not at all, and return the page's path.

    A retry replaces what the first attempt wrote.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    document = validation_document(replace(page, result=str(folder / RESULT)))
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as building:
        site = Path(building) / folder.name
        site.mkdir()
        (site / PAGE).write_text(render_html(document, folder), encoding="utf-8")
        (site / RESULT).write_text(json.dumps(result, indent=1, default=str), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        site.rename(folder)
    return folder / PAGE
