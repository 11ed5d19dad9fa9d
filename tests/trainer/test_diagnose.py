"""`python -m trainer.diagnose`: five measurements of a checkpoint, kept where page and diagnosis find them."""

import contextlib
import io
import json
import time

import pytest
import torch

from monitor.diagnosis.verdict import judge
from monitor.run_dir import Floors, Run, encode
from monitor.run_dir.reader import RunReader
from trainer.__main__ import main as train
from trainer.diagnose import main as diagnose
from trainer.probes import by_heart, decoder, flow, information, resolution
from trainer.probes.subject import open_run
from trainer.terminal import Bar, Terminal

TINY = (
    *("--train_clips", "24", "--eval_clips", "8", "--signers", "2", "--hidden_dim", "16", "--width", "0.2"),
    *("--device", "cpu", "--epochs", "2", "--learning_rate", "3e-3"),
)
NAMES = ["by-heart", "decoder-sweep", "gradient-flow", "information", "time-resolution"]


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    assert train([*TINY, "--output_dir", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def said(run_dir):
    """What is printed while it measures all."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert diagnose([str(run_dir), "--device", "cpu"]) == 0
    return printed.getvalue()


@pytest.fixture
def subject(run_dir):
    return open_run(run_dir, "cpu", Terminal())


def test_it_answers_five_questions_and_keeps_the_answers_beside_the_run(run_dir, said):
    for title in ("Decoder or model?", "Input in the output", "Time inside", "Gradient flow", "Five clips by heart"):
        assert title in said
    assert "[5/5]" in said
    seen = RunReader(run_dir).read(time.time())
    assert [probe.name for probe in seen.probes] == NAMES
    assert all(probe.line.endswith(".") and probe.checkpoint.startswith("best.pt") for probe in seen.probes)


def test_for_a_script_it_is_one_document(run_dir, capsys):
    assert diagnose([str(run_dir), "--device", "cpu", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(probe["name"] for probe in document) == NAMES


def test_the_answers_are_evidence_in_the_runs_own_diagnosis(run_dir, said):
    seen = RunReader(run_dir).read(time.time())
    from tests.diagnosis.test_verdict import AT_CHANCE
    from tests.snapshots import beating, snapshot

    cause = judge(snapshot(**AT_CHANCE, **beating(), probes=seen.probes), 0.0).diagnosis.causes[0]
    assert cause.name == "no_evidence"
    lines = {probe.line for probe in seen.probes}
    assert lines <= set(cause.evidence) | set(cause.against)


def test_the_sweep_starts_with_the_plain_score_and_ends_with_more_words(subject):
    probe = decoder.measure(subject)
    assert [row["blank penalty"] for row in probe.rows] == [0, 0.5, 1, 2, 3, 4]
    said = [row["words out / in"] for row in probe.rows]
    assert said == sorted(said)


def test_a_decoder_that_holds_words_back_is_found(subject):
    """A network that knows its words but always prefers the blank by a little."""
    trained = by_heart_model(subject)
    with torch.no_grad():
        trained.head.linear.bias[0] += 2.5
    probe = decoder.measure(trained_on_train(subject, trained))
    assert probe.stance == "against" and "The decoder holds words back" in probe.line


def by_heart_model(subject):
    """The subject's network after it has learnt a few train clips."""
    from trainer.loss import clip_losses, per_token

    model = subject.model
    model.train()
    (batch,) = subject.batches(subject.some("train", 5), 5)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(150):
        log_probs, lengths = model(batch.frames, batch.frame_lengths)
        loss = per_token(clip_losses(log_probs, lengths, batch), batch).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model


def trained_on_train(subject, model):
    from dataclasses import replace

    clips = tuple(subject.some("train", 5))
    corpus = replace(subject.corpus, splits={**subject.corpus.splits, "val": clips})
    return replace(subject, corpus=corpus, model=model)


def test_an_output_that_ignores_the_input_is_found(subject):
    with torch.no_grad():
        subject.model.head.linear.weight.zero_()
    probe = information.measure(subject)
    assert probe.stance == "for" and "hardly depends on the input" in probe.line


def test_gradients_reach_a_fresh_network(subject):
    assert flow.measure(subject).stance == "against"


def test_a_cut_network_is_found_with_the_names_of_what_is_cut(subject):
    with torch.no_grad():
        subject.model.head.linear.weight.zero_()
    probe = flow.measure(subject)
    assert probe.stance == "for"
    assert "tcn.0" in {row["module"] for row in probe.rows if row["gradient / weight"] == 0}


def test_time_inside_is_told_module_by_module(subject):
    probe = resolution.measure(subject)
    frames = {row["module"]: row["frames"] for row in probe.rows}
    assert frames["tcn.0"] == -(-frames["tcn.1"] * 2 // 1) or frames["tcn.0"] == frames["tcn.1"] * 2 - 1
    assert probe.numbers["stride"] == 4


def test_five_clips_are_learnt_by_heart(subject):
    probe = by_heart.measure(subject, most_secs=280.0)
    assert probe.stance == "against" and probe.numbers["WER"] == 0


def test_out_of_time_is_said_as_not_learnt(subject):
    probe = by_heart.measure(subject, most_secs=0.0)
    assert probe.stance == "for" and "cannot learn 5 clips by heart" in probe.line


@pytest.mark.parametrize(
    ("argv", "code", "says"),
    [
        (["nowhere"], 3, "run.json cannot be read"),
        ([], 64, "--help"),
        (["nowhere", "--device", "tpu"], 64, "--help"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(argv, code, says, capsys):
    assert diagnose(argv) == code
    said = capsys.readouterr().err
    assert said.startswith("error: ") and says in said and said.count("\n") == 1


def test_a_run_of_another_trainer_and_one_without_a_checkpoint_are_refused(tmp_path, capsys):
    (tmp_path / "run.json").write_bytes(encode(Run(run_id="x", config={"lr": 1}, floors=Floors())))
    assert diagnose([str(tmp_path)]) == 3
    assert "not written by this trainer" in capsys.readouterr().err
    (tmp_path / "run.json").write_bytes(encode(Run(run_id="x", config={"model": "auto", "data": "synthetic"})))
    assert diagnose([str(tmp_path)]) == 3
    assert "has no checkpoint yet" in capsys.readouterr().err


@pytest.mark.parametrize("screen", [Terminal, Bar])
def test_each_question_gets_its_turn_with_a_bar_or_a_line(screen, capsys):
    assert list(screen().questions(["one", "two"])) == [0, 1]
