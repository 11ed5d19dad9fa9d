"""Predictions printed in a text: which lines are pairs, what is cut off, and that a whole note becomes a run."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.importing import Asked, plan, records
from monitor.importers.samples import MOST_SAMPLES, Sample, read_samples

NOTE = """# My run

Options I tried:

| Option | Command |
|---|---|
| more dropout | `--dropout 0.5` |
| less width | `--hidden 256` |

| Epoch | Train Loss | Val Loss | Val WER | Gap |
|:-----:|-----------:|---------:|--------:|----:|
| 1 | 44.59 | 7.19 | 100.00% | — |
| **20** | 4.70 | 4.96 | 94.89% | **0.26** |
| 40 | 3.40 | 4.90 | 92.30% | 1.50 |

Samples from epoch 40:

```
Target: MILD NORD AUCH (3 words)
Pred:   (EMPTY)

Target: STUNDE AUCH TROCKEN (3 words)
Pred:   WOCHENENDE TROCKEN (2 words)
```
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The target: we want WER under 30 %", id="a sentence with the word in the middle"),
        pytest.param("Target: A B\nloss 3.5\n", id="a target without a prediction"),
        pytest.param("Pred: A B\n", id="a prediction without a target"),
        pytest.param("Target:\nPred: A\n", id="an empty target"),
        pytest.param("targets = 4\npredictions = 5\n", id="counts"),
        pytest.param("| Target: A | Pred: B |", id="a row of a table"),
    ],
)
def test_what_is_no_pair_is_left_alone(text):
    assert read_samples(text.splitlines()) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Target: A B\nPred: A",
        "  target : A B\n  prediction : A",
        "GT: A B\nHyp: A",
        "REF: A B\nHYP: A",
        "- **Reference:** A B\n- **Hypothesis:** A",
        "Ground truth = A B\nDecoded = A",
        "> Target: A B (2 words)\n> Pred: A (1 word)",
        "Target: 'A B'\nPred: 'A'",
        "Target: A B\nsome other line\nPred: A",
    ],
)
def test_the_ways_scripts_print_a_pair(text):
    assert read_samples(text.splitlines()) == (Sample(None, "A B", "A"),)


@pytest.mark.parametrize("said", ["", "(EMPTY)", "<empty>", "[blank]", "''", "(EMPTY) (0 words)"])
def test_the_ways_to_print_nothing(said):
    assert read_samples(["Target: A B", f"Pred: {said}"]) == (Sample(None, "A B", ""),)


def test_the_last_epoch_named_above_is_the_pairs():
    lines = ["Epoch 5/150", "Target: A", "Pred: B", "Target: C", "Pred: D", "epoch: 6", "Target: A", "Pred: A"]
    assert [sample.epoch for sample in read_samples(lines)] == [5, 5, 6]


def test_a_table_row_does_not_name_an_epoch():
    assert read_samples(["epoch 4", "| epoch 9 | 3.2 |", "Target: A", "Pred: B"])[0].epoch == 4


def test_a_long_log_ends_somewhere():
    assert len(read_samples(["Target: A", "Pred: B"] * (MOST_SAMPLES + 5))) == MOST_SAMPLES


MARKS = st.sampled_from(["Target: A B", "Pred: A", "Target:", "Pred:", "epoch 3", "| epoch 9 | 3.2 |", ""])


@given(st.lists(MARKS | st.text(max_size=40), max_size=20))
def test_whatever_is_read_without_an_error_every_sample_has_a_target(lines):
    samples = read_samples(["Target: A", "Pred: B", *lines])
    assert samples and all(sample.reference for sample in samples)


@given(st.lists(st.tuples(st.text("ABC ", min_size=1).filter(str.strip), st.text("ABC ")), max_size=20))
def test_what_is_printed_is_what_is_read(pairs):
    lines = [line for target, said in pairs for line in (f"Target: {target}", f"Pred: {said}")]
    assert [(s.reference, s.hypothesis) for s in read_samples(lines)] == [(t.strip(), h.strip()) for t, h in pairs]


def test_the_table_of_epochs_is_found_among_others(tmp_path):
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")
    chosen = plan(note, Asked())
    assert [use.column for use in chosen.mapping.uses] == ["Epoch", "Train Loss", "Val Loss", "Val WER"]
    found = list(records(chosen))
    assert [epoch.epoch for epoch in found] == [1, 20, 40]
    assert found[1].val_loss - found[1].train_loss == pytest.approx(0.26)
    assert found[2].val_wer == pytest.approx(0.923)


def test_a_note_becomes_a_run_with_its_report(tmp_path):
    note = tmp_path / "note.md"
    note.write_text(NOTE, encoding="utf-8")

    def monitor(*command):
        return subprocess.run(
            [sys.executable, "-m", "monitor", *command], capture_output=True, text=True, encoding="utf-8", check=True
        ).stdout

    answer = json.loads(monitor("import", str(note), "--runs", str(tmp_path / "runs"), "--yes", "--json"))
    assert (answer["run_id"], answer["epochs"], answer["samples"]) == ("note", 3, 2)
    report = monitor("report", "note", "--runs", str(tmp_path / "runs"))
    assert "WOCHENENDE" in report and "1.50" in report
