"""The ssh of a host: the command line it is called with, and the sentence for what went wrong."""

import shlex
from pathlib import Path

import pytest

from monitor.launcher.hosts import ssh
from monitor.run_dir.folders import Folder

FAR = Folder("", Path("mirror"), "gpu3", "/data/runs")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("Permission denied (publickey,password).", "gpu3 refuses the login without a password"),
        ("ssh: Could not resolve hostname gpu3: Name or service not known", "There is no host gpu3"),
        ("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.", "another machine may"),
        ("Host key verification failed.", "The host key of gpu3 is not known here"),
        ("ssh: connect to host gpu3 port 22: Connection refused", "gpu3 cannot be reached: Connection refused."),
        (ssh.MISSING, "There is no vitalsigns on gpu3"),
    ],
)
def test_a_known_error_is_one_sentence_with_what_to_do(said, sentence):
    assert sentence in ssh.why(FAR, 255, said)


def test_other_ends_name_the_last_line_or_the_code():
    assert ssh.why(FAR, 255, "") == "gpu3 cannot be reached: the connection broke off."
    assert ssh.why(FAR, 127, "sh: not found").startswith("There is no vitalsigns on gpu3")
    assert ssh.why(FAR, 1, "one\nerror: it broke.\n") == "The connection to gpu3 has ended: it broke."
    assert ssh.why(FAR, 3, "") == "The connection to gpu3 has ended with code 3."
    assert ssh.why(FAR, None, "") == "The connection to gpu3 has ended."


def test_an_act_may_have_begun_unless_the_connection_never_came_about():
    assert ssh.may_have_begun(None, "")
    assert ssh.may_have_begun(255, "")
    assert not ssh.may_have_begun(255, "ssh: connect to host gpu3 port 22: timed out")
    assert not ssh.may_have_begun(1, "")


def test_a_foreign_line_is_quoted_short_and_without_control_characters():
    assert ssh.quoted("error: \x1b[31mred.\n") == "[31mred"
    assert len(ssh.quoted("x" * 999)) == ssh.LONGEST_QUOTE


def test_words_reach_the_other_shell_as_they_are_and_no_option_is_taken_from_a_host(monkeypatch):
    monkeypatch.setenv(ssh.SSH_VARIABLE, "ssh -F my.conf")
    line = ssh.command(FAR, ["stop", "a b; rm -rf ~"], "page")
    assert line[:3] == ["ssh", "-F", "my.conf"] and line[-3:-1] == ["--", "gpu3"]
    assert "BatchMode=yes" in line and "ForwardAgent=no" in line
    shell, flag, script = shlex.split(line[-1])
    assert (shell, flag) == ("sh", "-c") and script.endswith("stop 'a b; rm -rf ~'")
    assert script.startswith("VITALSIGNS_ASKED_FROM=page; ")


def test_a_second_connection_is_shared_and_opens_none_for_others(monkeypatch):
    monkeypatch.setattr(ssh, "_shared_socket", lambda: "/run/ssh-%C")
    assert "ControlMaster=no" in ssh.command(FAR, ["list"], shares=True)
    assert "ControlMaster=auto" in ssh.command(FAR, ["list"])
