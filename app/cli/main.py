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
    from ecgcore.errors import EcgError

    try:
        app(standalone_mode=True, prog_name="ecg")
    except EcgError as error:
        sys.exit("ecg: " + " ".join(str(error).split()))
    except RuntimeError as error:
        if not any(words in str(error) for words in _PREFECT_AWAY):
            raise
        hint = "start the server that PREFECT_API_URL names, or unset it to use the built-in one"
        sys.exit(f"ecg: Prefect's server: {' '.join(str(error).split())}. Hint: {hint}")
    except OSError as error:
        thing = error.filename or "the file system"
        sys.exit(f"ecg: {thing}: {error.strerror or error}. Hint: check that it exists and that you may write there")
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
