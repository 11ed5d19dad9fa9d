"""`audit`: who did what, of the whole folder or of one run, the newest last."""

import json

import pytest

from monitor.commands import audit
from monitor.run_dir.audit import AUDIT_FILE, note
from monitor.run_dir.errors import EXIT_OK, UnreadableRunError


@pytest.fixture
def noted(runs_made):
    note(runs_made, "start", "one", "done", via="terminal")
    note(runs_made, "stop", "two", "refused", "it has ended", via="page, control link")
    note(runs_made, "restart", "one-2, one-3", "done", via="terminal")
    return runs_made


def acts(capsys, *words, **options):
    assert audit.run(*words, **options, as_json=True) == EXIT_OK
    return [entry["verb"] for entry in json.loads(capsys.readouterr().out)["audit"]]


def test_entries_are_those_of_the_folder_of_a_run_or_the_newest(noted, capsys):
    assert acts(capsys, runs=noted) == ["start", "stop", "restart"]
    assert acts(capsys, "two", noted) == ["stop"]
    assert acts(capsys, runs=noted, last=2) == ["stop", "restart"]


def test_a_child_of_a_race_has_the_entry_of_its_start(noted, capsys):
    assert acts(capsys, "one-3", noted) == ["restart"]
    assert acts(capsys, "one-", noted) == []


def test_the_table_has_the_reason_behind_the_result(noted, capsys):
    audit.run(runs=noted)
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["when", "who", "from", "what", "run", "result"]
    assert [row.split()[-1] for row in rows] == ["done", "ended", "done"]
    assert "page, control link  stop     two           refused: it has ended" in rows[1]


def test_no_entry_and_no_file_are_said(noted, tmp_path, capsys):
    audit.run("three", noted)
    audit.run(runs=tmp_path / "nowhere")
    assert capsys.readouterr().out == f"{AUDIT_FILE} has no entries.\n" * 2


def test_a_log_that_cannot_be_read_is_told_with_the_reason(runs_made, monkeypatch):
    def denied(runs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(audit, "read", denied)
    with pytest.raises(UnreadableRunError, match=rf"^Cannot read {runs_made / AUDIT_FILE}: .*Permission denied\.$"):
        audit.run(runs=runs_made)
