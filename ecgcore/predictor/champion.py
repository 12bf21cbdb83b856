"""Where the champion is."""

from __future__ import annotations

from pathlib import Path

from ecgcore.errors import PredictorError

LINK = "champion"
"""Name of the link under ``ECG_HOME`` to the release that serves the slot ``champion``: what a predictor opens."""


def champion_dir(home: Path | str) -> Path:
    """Return the release that ``home/champion`` points to now, resolved, so that a later switch cannot mix two models.

    Args:
        home: the folder ``ECG_HOME``.

    Raises:
        PredictorError: there is no champion yet, or the link points nowhere.
    """
    link = Path(home) / LINK
    if not link.is_symlink() and not link.exists():
        hint = (
            "run `ecg retrain`, then `ecg promote VERSION` (only that, if `ecg status` names a champion: it makes the "
            "link again); or name a model directory"
        )
        raise PredictorError(link, "there is no champion yet", hint)
    release = link.resolve()
    if not release.is_dir():
        rule = f"points to {release.name}, which is not there"
        hint = "`ecg status` names the champion; run `ecg promote` with that version again: it exports the release anew"
        raise PredictorError(link, rule, hint)
    return release
