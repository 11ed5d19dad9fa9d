"""Settings of a file that a command overrides word by word."""

import pytest

from monitor.launcher.relaunch.overrides import Within, replaced_words, with_word_within, words_within
from monitor.run_dir.errors import UsageError

PAIRS, JOINED = Within("--opts", True), Within("--cfg-options", False)
AT_END, GIN = Within("", True), Within("--gin_param", False)


MANY = {"opts": {"x-nargs": "..."}, "cfg_options": {"x-nargs": "+"}}
"""How many words the script declares that they take."""


def command(words):
    return ["python", "train.py", *words.split()]


def changed(words, within, key, value, **more):
    rules = {**MANY, key: {**within.rule, **more}}
    return " ".join(with_word_within(command(words), key, value, rules)[2:])


def found(words, within, rules=None):
    return [(word.key, word.value) for word in words_within(command(words), within, rules or MANY)]


def test_a_command_that_overrides_nothing_has_no_words():
    assert found("--lr 0.1", PAIRS) == found("--cfg-options", JOINED) == found("--lr 0.1", AT_END) == []


def test_words_behind_the_option_are_pairs_or_joined():
    assert found("--lr 1 --opts A.B 0.1 C 2 --gpu 0", PAIRS) == [("A.B", "0.1"), ("C", "2")]
    assert found("--cfg-options a.b=0.1 c d=x=y", JOINED) == [("a.b", "0.1"), ("d", "x=y")]
    assert found("--gin_param=a.b=1 --gin_param=c=2", GIN) == [("a.b", "1"), ("c", "2")]


def test_an_odd_word_at_the_end_of_pairs_is_none():
    assert found("--opts A 1 B", PAIRS) == [("A", "1")]


def test_words_at_the_end_begin_behind_the_declared_ones():
    assert found("config.yaml -- A 1 B 2", AT_END, {"config": {"x-place": 0}}) == [("A", "1"), ("B", "2")]


def test_a_setting_that_stands_there_is_replaced_where_it_stands_last():
    assert changed("--opts A 1 B 2 A 3 --gpu 0", PAIRS, "A", 9) == "--opts A 1 B 2 A 9 --gpu 0"
    assert changed("--cfg-options a=1 b=2", JOINED, "a", "x") == "--cfg-options a=x b=2"
    assert changed("--gin_param=a=1 --lr 2", GIN, "a", 5) == "--gin_param=a=5 --lr 2"


def test_another_setting_is_put_behind_those_that_stand_there():
    assert changed("--opts A 1 --gpu 0", PAIRS, "B", 2) == "--opts A 1 B 2 --gpu 0"
    assert changed("--gin_param=a=1 --lr 2", GIN, "b", 5) == "--gin_param=a=1 --gin_param=b=5 --lr 2"


def test_an_option_that_is_not_there_is_added_at_the_end():
    assert changed("--lr 1", JOINED, "a", True) == "--lr 1 --cfg-options a=True"
    assert changed("--lr 1", AT_END, "A", 2) == "--lr 1 A 2"


def test_an_option_that_is_repeated_is_written_again():
    rules = {"a": GIN.rule, "b": GIN.rule, "gin_param": {"x-repeat": True}}
    argv = command("--gin_param a=1")
    assert with_word_within(argv, "b", 2, rules)[2:] == ["--gin_param", "a=1", "--gin_param", "b=2"]


def test_lists_and_quoted_texts_are_written_as_python_reads_them():
    assert changed("", PAIRS, "A", [1, "x", (2.5,)]) == "--opts A [1,x,[2.5]]"
    quotes = Within("--gin_param", False, quotes=True)
    assert changed("", quotes, "a", "x") == "--gin_param a='x'"
    assert changed("", quotes, "a", "@f") == "--gin_param a=@f"
    assert changed("", quotes, "a", 1) == "--gin_param a=1"


def test_a_value_that_the_script_would_take_for_an_option_is_refused():
    with pytest.raises(UsageError, match="would take it for an option"):
        changed("", Within("", False), "a", -1)
    assert changed("", AT_END, "a", -1) == "a -1"


def test_the_words_that_may_go_are_those_of_the_settings_that_change():
    rules = {**MANY, "A": PAIRS.rule, "B": PAIRS.rule, "lr": {}}
    argv = command("--opts A 1 B 2 A 3")
    assert replaced_words(argv, ["A", "lr"], rules) == {"A": 2, "1": 1, "3": 1}
