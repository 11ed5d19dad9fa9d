"""How often rules of one's own spoke on recorded runs: the counts."""

from monitor.diagnosis.own_rules.measuring import Count, Spoke, counts


def spoke(run_id, rule="slow", **fields):
    return Spoke(run_id, rule, f"title of {rule}", 9, **fields)


def test_no_run_has_no_counts_and_a_silent_rule_counts_its_runs():
    assert counts([]) == []
    assert counts([spoke("a"), spoke("b")]) == [Count("slow", "title of slow", 2, 0, 0, 0, 0, "")]


def test_a_run_at_work_has_flagged_and_has_not_ended():
    [found] = counts([spoke("a", first=3.0, better=None), spoke("b", first=0.0, critical=4.0, better=False)])
    assert (found.flagged, found.critical, found.ended, found.better) == (2, 1, 1, 0)


def test_runs_that_became_better_after_a_flag_are_counted_of_those_that_ended():
    [found] = counts([spoke("a", first=3.0, better=True), spoke("b", first=3.0, better=False), spoke("c")])
    assert (found.runs, found.ended, found.better) == (3, 2, 1)


def test_rules_stand_in_their_order_and_the_first_reason_is_told_with_its_run():
    found = counts([spoke("a", "z"), spoke("a", "b", left_out="no time"), spoke("b", "b", left_out="other")])
    assert [(each.rule, each.left_out) for each in found] == [("z", ""), ("b", "a: no time")]
