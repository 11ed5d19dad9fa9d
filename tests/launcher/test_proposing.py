"""What is proposed of a log, or of a tool's file, before it is followed."""

import json

import pytest

from monitor.commands.cli import main
from monitor.importers.importing import Asked, plan
from monitor.importers.several import label
from monitor.launcher.proposing import AttachRequest, propose, reading_of
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from tests import foreign


def test_the_wish_of_a_person_reaches_the_proposal(tmp_path, runs):
    log = tmp_path / "odd.log"
    log.write_text("epoch 1 fit=3 dev_ctc=2\nepoch 2 fit=2 dev_ctc=1\n")
    proposal = propose(runs, log, AttachRequest("anna", columns={"val_loss": "dev_ctc", "train_loss": "fit"}))
    assert proposal.said == "Found 2 epochs in odd.log: train loss 3.00 → 2.00, val loss 2.00 → 1.00."


@pytest.mark.parametrize(
    "tool",
    ["Hugging Face", "Ultralytics", "wav2letter", "TensorBoard", "W&B", "MLflow", "MLflow's database", "ClearML"],
)
def test_what_a_tool_writes_is_followed_as_import_reads_it(tmp_path, runs, tool):
    path = foreign.CAST[tool][0](tmp_path)
    proposal = propose(runs, path, AttachRequest("anna"))
    whole = plan(path, Asked(), follow=True)
    assert (proposal.epochs, proposal.mapping) == (whole.counts.evaluations, whole.mapping) and proposal.epochs > 1
    assert proposal.said.startswith(f"{label(path)} is {whole.kind.title}: {whole.counts.evaluations} evaluations")
    assert "train loss" in proposal.said and "→" in proposal.said


def test_what_never_grows_is_refused_with_the_command_that_imports_it(tmp_path, runs):
    path = foreign.tensorboard_csv(tmp_path)
    with pytest.raises(UnreadableRunError, match=rf"which does not grow; import it: python -m monitor import {path}"):
        propose(runs, path, AttachRequest("anna"))


def test_the_first_epoch_under_way_is_said_as_such_and_its_steps_are_followed(tmp_path, runs):
    log = tmp_path / "early.log"
    log.write_text("".join(f"Epoch [1/60], Step [{n}00/500], Loss: {3.5 - n / 4}\n" for n in (1, 2, 3)))
    proposal = propose(runs, log, AttachRequest("anna"))
    assert proposal.said == "Epoch 1 of 60 under way in early.log, step 300 of 500, train loss 3.25 → 2.75."


def test_who_asks_before_the_first_epoch_was_printed_is_told_to_wait(tmp_path):
    with pytest.raises(RefusedError, match="Nothing was read from early's log yet"):
        reading_of(tmp_path / "early", AttachRequest("anna"))


def test_a_proposal_says_in_which_line_the_first_and_the_last_figures_stand(tmp_path, runs, capsys):
    log = tmp_path / "train.log"
    log.write_text("".join(f"Epoch {e}\ntrain loss {2 / e:.2f} grad 0.5\nval loss {3 / e:.2f}\n" for e in (1, 2)))
    assert main(["attach", str(log), "--runs", str(runs), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["of"] == ["epoch 1", "epoch 2"]
    shown = {each["column"]: (each["field"], each["texts"], each["lines"]) for each in figures["names"]}
    assert shown["train_loss"] == ("train_loss", ["2.00", "1.00"], [2, 5])
    assert shown["val_loss"] == ("val_loss", ["3.00", "1.50"], [3, 6])
    assert figures["lines"][-1] == {"line": 6, "text": "val loss 1.50"}


def test_a_line_of_a_log_moves_no_cursor_of_the_terminal(tmp_path, runs, capsys):
    log = tmp_path / "train.log"
    odd = "\x1b[2J\x07 \u202e"
    log.write_text("".join(f"Epoch {e} train loss {9 / e:.3f} {odd}val loss {8 / e:.3f}\n" for e in (1, 2, 3)))
    main(["attach", str(log), "--runs", str(runs)])
    out = capsys.readouterr().out
    assert "Line 3: Epoch 3 train loss 3.000" in out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)


def test_the_figures_of_a_tools_file_are_shown_without_lines(tmp_path, runs):
    path = foreign.CAST["Ultralytics"][0](tmp_path)
    figures = propose(runs, path, AttachRequest("anna")).figures
    assert figures.heads == ("first", "last") and not figures.lines
    assert all(set(each.lines) == {0} and "" not in each.texts for each in figures.names)
