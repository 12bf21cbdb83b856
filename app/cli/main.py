"""The ``ecg`` command line: a thin layer over the flows. Heavy imports stay inside the commands."""

from __future__ import annotations

import os
import sys

import typer

from app.cli import admin, daily, review, steward, study
from app.cli.verb import Group

_PREFECT_AWAY = ("Failed to reach API", "ephemeral Prefect API server")  # it raises plain RuntimeErrors
VERBS_OF = {
    Group.DAILY: daily.VERBS,
    Group.REVIEW: review.VERBS,
    Group.STEWARD: steward.VERBS,
    Group.STUDY: study.VERBS,
    Group.ADMIN: admin.VERBS,
}


def _assembled() -> typer.Typer:
    ecg = typer.Typer(
        name="ecg",
        help="Retrain, gate, register and promote ECG image models from paired ECG reports and CMR findings.",
        epilog="Start with:  ecg ingest DIR,  then  ecg status.  Every verb has examples: ecg VERB --help",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for group, verbs in VERBS_OF.items():
        for verb in verbs:
            verb.register(ecg, group)
    testset = admin.testset()
    help_ = "Lock, replace and list the named test sets."
    ecg.add_typer(testset, name="testset", help=help_, rich_help_panel=Group.ADMIN.value)
    return ecg


app = _assembled()


def main() -> None:
    """Run the command line; every expected failure is one line on standard error and a non-zero exit code."""
    import ecgcore.surroundings  # noqa: F401 - while there is memory for it

    try:
        app(standalone_mode=True, prog_name="ecg")
    except KeyboardInterrupt:
        os._exit(130)
    except Exception as error:
        if (line := told(error)) is None:
            raise
        sys.exit(line)


def told(error: Exception) -> str | None:
    """Return the one line that an expected failure is told in; None for an error of this program."""
    from ecgcore.errors import EcgError
    from ecgcore.surroundings import refused

    if isinstance(error, EcgError):
        return _line(str(error))
    if (refusal := refused(error)) is not None:
        return _line(str(refusal))
    if isinstance(error, RuntimeError) and any(words in str(error) for words in _PREFECT_AWAY):
        hint = "start the server that PREFECT_API_URL names, or unset it to use the built-in one"
        return _line(f"Prefect's server: {_line(str(error), '').rstrip('.')}. Hint: {hint}")
    if (status := _server_error(error)) is not None:
        hint = "check the free space and the limits (ulimit -a) where it keeps its database, then run it again"
        return _line(f"Prefect's server: could not do what it was asked (HTTP {status}). Hint: {hint}")
    if isinstance(error, OSError):
        thing = error.filename or "the file system"
        return _line(f"{thing}: {error.strerror or error}. Hint: check that it exists and that you may write there")
    return None


def _line(text: str, prefix: str = "ecg: ") -> str:
    return prefix + " ".join(text.split())


def _server_error(error: Exception) -> int | None:
    """Return the status of an answer by which Prefect's server says that it failed itself."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return (
        status if type(error).__module__.startswith("prefect.") and isinstance(status, int) and status >= 500 else None
    )


if __name__ == "__main__":
    main()
