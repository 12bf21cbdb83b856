"""The page that ends the demo."""

from __future__ import annotations

from ecgcore.pages.markdown import render_markdown


def test_it_shows_gates_champion_prediction_and_commands(make_demo_page):
    text = render_markdown(make_demo_page("v1"))
    assert "Version v1 serves." in text
    assert "| v1 | positive | 0.73 |" in text
    assert "```\nv1\n```" in text
    assert "approval is manual" in text


def test_a_second_run_says_why_it_did_not_train_and_shows_the_gates_of_the_champion(make_demo_page):
    text = render_markdown(make_demo_page("v1", why_not_trained="nothing is new"))
    assert "Nothing was trained: nothing is new" in text
    assert "approval is manual" in text and "Version v1 serves." in text


def test_without_a_champion_no_gates_are_shown(make_demo_page):
    text = render_markdown(make_demo_page(decision=None, champion=None, why_not_trained="too few studies"))
    assert "Nothing was trained: too few studies" in text
    assert "approval" not in text


def test_what_is_missing_is_said(make_demo_page):
    text = render_markdown(make_demo_page(champion=None, prediction=()))
    assert "There is no champion." in text
    assert "Nothing was predicted." in text


def test_it_begins_with_what_the_champion_answers(make_demo_page):
    first = render_markdown(make_demo_page("scar")).split("## ")[1]
    assert first.startswith("What it answers\n") and "it finds 198 and misses 38" in first
    assert "What it answers" not in render_markdown(make_demo_page(decision=None, evaluations=()))
