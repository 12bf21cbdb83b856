"""The decision page says what was found, against what, and what to do next."""

from __future__ import annotations

from ecgcore.evaluation.gates.decision import Outcome
from ecgcore.evaluation.gates.policy import Approval
from ecgcore.pages.html import render_html
from ecgcore.pages.markdown import render_markdown


def test_a_gate_shows_value_interval_limit_verdict_and_cases(make_decision_page):
    text = render_markdown(make_decision_page("scar"))
    assert "| floor auc scar: scar | 0.838 | 0.805 to 0.865 | &gt; 0.75 | pass | 895 | – | scar |" in text
    assert "| 0.838 | 0.805 to 0.865 | &gt; 0.83 | inconclusive | 895 | 12,345 |" in text


def test_the_policy_and_the_looks_are_named(make_decision_page):
    text = render_markdown(make_decision_page("p"))
    assert "| abababababab |" in text
    assert "| p | 4 | 9 | p |" in text
    assert "against champion 12" in text
    assert "| label rule | p |" in text


def test_a_first_run_says_that_there_is_no_champion(make_decision_page):
    assert "first run, no champion" in render_markdown(make_decision_page(champion=None))


def test_manual_approval_shows_the_quoted_command(make_decision_page):
    assert "ecg promote '7; rm -rf /' --reviewer NAME --reason TEXT" in render_markdown(
        make_decision_page("7; rm -rf /")
    )


def test_who_does_not_agree_learns_what_to_type_and_where_to_look(make_decision_page):
    text = render_markdown(make_decision_page("7"))
    assert "If you do not agree, nothing is to be typed: the champion stays" in text
    assert text.endswith("## Look further\n\n7\n\n```\n7\n```\n\n")


def test_ecgs_and_patients_are_told_apart_and_one_is_one(make_decision_page):
    text = render_markdown(make_decision_page("scar"))
    assert "| target | test set | positive ECGs | negative ECGs | ECGs without label | patients |" in text
    assert "1 warning gate did not pass" in text
    assert "| verdict | ECGs | ECGs to decide | why |" in text


def test_an_interval_is_not_broken_into_lines(make_decision_page):
    assert ">0.838 (0.805\u20110.865)</td>" in render_html(make_decision_page("scar"))


def test_automatic_approval_says_that_nobody_was_asked(make_decision_page):
    text = render_markdown(make_decision_page(approval=Approval.AUTOMATIC))
    assert "no person was asked" in text
    assert "ecg promote" not in text


def test_neither_rejection_nor_doubt_offers_a_promotion(make_decision_page):
    for outcome in (Outcome.REJECT, Outcome.INCONCLUSIVE):
        text = render_markdown(make_decision_page(outcome=outcome))
        assert "the champion stays" in text
        assert "ecg promote" not in text


def test_an_undefined_metric_is_not_hidden(make_decision_page):
    html = render_html(make_decision_page("no case"))
    assert 'class="bad">not defined</td>' in html
    assert "no case on no case: no case" in html


def test_the_page_begins_with_what_the_model_answers(make_decision_page):
    text = render_markdown(make_decision_page("scar"))
    first = text.split("## ")[1]
    assert first.startswith("What it answers\n")
    assert "of 236 ECGs with myocardial scar, it finds 198 and misses 38; of 659 without, it alarms on 107." in first
    assert "| operating point | scar |" in text
