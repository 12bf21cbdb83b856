"""Golden studies of a table model: invented patients, so that no patient's attributes travel with a model."""

from __future__ import annotations

import json
from pathlib import Path

from ecgcore.models.table_family import TableFamily
from ecgcore.predictor.digest import file_sha256
from ecgcore.predictor.features import Row
from ecgcore.predictor.formats.staging import staged_directory
from ecgcore.predictor.table.table_dir import read_table_dir, table_file
from ecgcore.predictor.table.table_features import CALLER_NAMES, encode_table

GOLDEN = "golden.json"
INVENTED: tuple[tuple[float | None, ...], ...] = (  # in the order of CALLER_NAMES
    (1, 0, 0, 0, 0, 35),
    (0, 0, 0, 1, 0, 44),
    (1, 1, 0, 0, 1, 53),
    (0, 0, 1, 1, 0, 61),
    (1, 1, 1, 0, 1, 70),
    (0, 1, 1, 1, 1, 78),
    (1, None, None, None, None, 66),
    (None, None, None, None, None, None),
)


def invented_patients() -> list[Row]:
    """Return the clinical features of the golden studies, two of them with unknown ones."""
    return [dict(zip(CALLER_NAMES.values(), values, strict=True)) for values in INVENTED]


def whole_patients() -> list[dict[str, float]]:
    """Return those of the invented patients of whom everything is known."""
    known = [{name: value for name, value in row.items() if value is not None} for row in invented_patients()]
    return [row for row in known if len(row) == len(CALLER_NAMES)]


def write_table_golden(model_dir: Path | str, family: TableFamily, out: Path | str) -> Path:
    """Record what an exported table model says about the invented patients; ``out`` is replaced if it exists.

    Raises:
        PredictorError: the model cannot be loaded, or the disk refuses.
    """
    model, patients = read_table_dir(model_dir, family), invented_patients()
    found = model.probabilities(encode_table(patients, model.features))
    studies = [
        {
            "image": None,
            "image_sha256": None,
            "clinical_features": patient,
            "probabilities": {target: float(values[i]) for target, values in found.items()},
        }
        for i, patient in enumerate(patients)
    ]
    content = {
        "model_class": family.value,
        "task": model.targets[0],
        "model_sha256": file_sha256(table_file(model_dir)),
        "studies": studies,
    }
    with staged_directory(Path(out)) as work:
        (work / GOLDEN).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return Path(out)
