"""What a model answers, in words: whom it finds, whom it misses and whom it alarms for nothing."""

from __future__ import annotations

from collections.abc import Sequence

from ecgcore.evaluation.estimate.evaluation import Evaluation, Scores
from ecgcore.pages.document import Block, Callout, Text, Tone
from ecgcore.pages.parts.target_words import target_words


def answer_blocks(evaluations: Sequence[Evaluation]) -> tuple[Block, ...]:
    """Return one sentence per target and test set; one that must not be overlooked where everybody gets one answer."""
    return tuple(_block(evaluation) for evaluation in evaluations) or (Text("Nothing was answered."),)


def answer_sentence(evaluation: Evaluation) -> str:
    """Return for example ``Of 15 patients with LVEF below 50 %, it finds 9 and misses 6; ...``.

    Studies are called ECGs where a patient has several in the test set.
    """
    scores, words = evaluation.scores, target_words(evaluation.target)
    who = "patients" if scores.patients == scores.n else "ECGs"
    place = f"Test set {evaluation.test_set}"
    ill = f"of {scores.positives:,} {who} with {words}, it finds {scores.found:,} and misses {scores.missed:,}"
    well = f"of {scores.negatives:,} without, it alarms on {scores.alarms:,}"
    return f"{place}: {ill}; {well}."


def _block(evaluation: Evaluation) -> Block:
    sentence, scores = answer_sentence(evaluation), evaluation.scores
    if not _one_answer(scores):
        return Text(sentence)
    answer = "positive" if scores.found + scores.alarms else "negative"
    return Callout(f"{sentence} It answers {answer} for everybody.", Tone.BAD)


def _one_answer(scores: Scores) -> bool:
    return scores.found + scores.alarms in (0, scores.n)
