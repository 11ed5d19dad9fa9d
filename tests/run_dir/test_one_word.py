"""A command within one word of another: read and put back; what only a shell understands stays closed."""

import pytest

from monitor.run_dir.one_word import is_closed, put_back, words_of


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["script", "-qefc", "python t.py --tag 'a b'", "log"], ["python", "t.py", "--tag", "a b"]),
        (["script", "-q", "--command=python t.py"], ["python", "t.py"]),
        (["nohup", "bash", "-lc", "python t.py --out {run_dir}/o"], ["python", "t.py", "--out", "{run_dir}/o"]),
    ],
)
def test_the_words_within_are_read_changed_and_put_back(argv, words):
    assert words_of(argv) == words and not is_closed(argv)
    assert put_back(argv, words) == argv
    changed = put_back(argv, [*words, "--name", "x y"])
    assert words_of(changed) == [*words, "--name", "x y"] and len(changed) == len(argv)


@pytest.mark.parametrize(
    "text", ["python t.py | tee log", "cd x && python t.py", "LR=1 python t.py", "python t.py --lr $LR", "python 't.py"]
)
def test_what_only_a_shell_understands_stays_one_word(text):
    argv = ["script", "-qefc", text, "log"]
    assert words_of(argv) == argv and is_closed(argv) and put_back(argv, argv) == argv


@pytest.mark.parametrize(
    "argv", [["python", "t.py", "-c", "a b"], ["bash", "t.sh", "-c", "a b"], ["script", "log"], []]
)
def test_a_command_without_such_a_word_is_its_own_words(argv):
    assert words_of(argv) == argv and not is_closed(argv)
