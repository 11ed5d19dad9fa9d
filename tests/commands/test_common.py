"""What several verbs share: finding a run, printing numbers and names, folders in printed commands."""

import json

import pytest

from monitor.commands.common import confirm, elsewhere, find_run, harmless, print_json, print_line, wanted_fields
from monitor.run_dir.errors import UnreadableRunError, UsageError


@pytest.fixture
def two(tmp_path):
    for name in ("first-run", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_text("{}")
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_a_run_is_found_by_its_id_or_by_a_path(two, monkeypatch):
    assert find_run(two, "second") == two / "second"
    assert find_run(two / "elsewhere", str(two / "second")) == two / "second"
    monkeypatch.chdir(two / "second")
    assert find_run(two / "elsewhere", ".") == two / "second"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("first-rum", r"^No run called 'first-rum' in .*\. Nearest: first-run\.$"),
        ("./none", r"^There is no run directory \./none; python -m monitor list shows the runs in "),
        ("notes", r"notes is no run directory: it holds neither run\.json nor launch\.json nor epochs\.jsonl\.$"),
    ],
)
def test_what_is_no_run_is_said_with_the_nearest_name(two, text, said):
    with pytest.raises(UnreadableRunError, match=said):
        find_run(two, text)


def test_an_empty_folder_has_no_nearest_name(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"There are no runs there; choose another folder with --runs\."):
        find_run(tmp_path, "x")


def test_a_printed_command_names_the_folder_only_where_it_is_not_the_usual_one(tmp_path, monkeypatch):
    monkeypatch.setenv("VITALSIGNS_RUNS", str(tmp_path / "usual"))
    assert elsewhere(tmp_path / "usual") == ""
    assert elsewhere(tmp_path / "my runs") == f" --runs '{tmp_path}/my runs'"


def test_fields_are_given_as_pairs():
    assert wanted_fields(["val_loss=dev=ctc", " lr =rate"]) == {"val_loss": "dev=ctc", "lr": "rate"}
    for wrong in ("val_loss", "val_loss="):
        with pytest.raises(UsageError, match=r"is not FIELD=NAME, such as --map val_loss=dev_ctc\.$"):
            wanted_fields([wrong])


def test_json_has_its_version_and_no_number_that_is_not_finite(capsys):
    print_json({"a": [float("nan"), 1.5], "b": {"c": float("-inf")}, "version": 7})
    assert json.loads(capsys.readouterr().out) == {"version": 7, "a": [None, 1.5], "b": {"c": None}}
    print_json([1])
    assert json.loads(capsys.readouterr().out) == [1]
    print_line({"at": float("inf"), "word": "gr\u00fcn"})
    print_line("plain")
    assert capsys.readouterr().out == '{"at": null, "word": "gr\u00fcn"}\nplain\n'


def test_codes_in_a_name_are_a_visible_gap_and_its_letters_stay():
    assert harmless("a\x1b[31m\tb\n\u202ec\u00e9") == "a\ufffd[31m\tb\n\ufffdc\u00e9"


def test_without_a_terminal_nothing_is_asked():
    confirm("Stop it?", True)
    with pytest.raises(UsageError, match="pass --yes"):
        confirm("Stop it?", False)
