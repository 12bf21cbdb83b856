"""The catalogue of rules: each stands once."""

from collections import Counter

from ecgcore.cmr.rules import catalogue, label_rules
from ecgcore.cmr.rules.finding import Effect, Finding
from ecgcore.cmr.rules.rule import Rule
from ecgcore.reports.page.reason import Reason


def test_every_name_stands_once():
    assert [name for name, n in Counter(rule.name for rule in catalogue.every_rule()).items() if n > 1] == []


def test_it_holds_the_rules_of_pages_of_label_tables_and_all_that_are_declared_in_it():
    declared = {each for each in vars(catalogue).values() if isinstance(each, Rule)}
    names = {rule.name for rule in catalogue.every_rule()}
    assert names >= {each.value for each in Reason}
    assert names >= {each.name for each in declared}
    assert names >= {each.name for each in label_rules.rules()}


def test_the_pairing_and_the_validation_give_one_hint():
    assert catalogue.SAME_DAY is label_rules.rule("same-day-pair")


def test_a_finding_names_rule_value_and_next_step():
    rule = Rule("a-rule", Effect.QUARANTINE, "correct it")
    assert rule.found("7") == Finding("a-rule", "7", "correct it")
    assert rule.found("7", "write 8") == Finding("a-rule", "7", "write 8")
