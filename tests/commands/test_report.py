"""`report`: Markdown, HTML, or the document of `diagnose`; a child with what came of its change."""

import json

import msgspec

from monitor.commands import diagnose, report
from monitor.run_dir import LAUNCH_FILE, OUTCOME_FILE, ChildOutcome, Parent, encode
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.launch import read_launch
from tests.fake_runs import all_blank


def told(capsys, *words, **options):
    assert report.run(*words, **options) == EXIT_OK
    return capsys.readouterr().out


def test_the_report_is_markdown_or_one_page(healthy_run, runs, capsys):
    assert told(capsys, "healthy", runs).startswith("# Run healthy\n")
    page = told(capsys, "healthy", runs, as_html=True)
    assert page.lstrip().lower().startswith("<!doctype html>") and "# Run healthy" not in page


def test_as_json_it_is_the_document_of_diagnose(runs, capsys):
    all_blank(runs)
    said = json.loads(told(capsys, "all-blank", runs, as_json=True))
    diagnose.run("all-blank", runs, as_json=True)
    other = json.loads(capsys.readouterr().out)
    assert said.keys() == other.keys() and said["run_id"] == "all-blank"
    assert said["prescriptions"] == other["prescriptions"] and said["considered"] == other["considered"]


def test_a_child_has_what_came_of_its_change(healthy_run, runs, capsys):
    line = "val WER 41.7 % against 58.3 %."
    assert line not in told(capsys, "healthy", runs)
    launch = msgspec.structs.replace(read_launch(healthy_run), parent=Parent(run_id="gone"))
    (healthy_run / LAUNCH_FILE).write_bytes(encode(launch))
    came = ChildOutcome(run_id="healthy", parent_id="gone", word="HELPED", line=line)
    (healthy_run / OUTCOME_FILE).write_bytes(encode(came))
    assert line.replace(".", "") in told(capsys, "healthy", runs).replace("\\", "").replace(".", "")
