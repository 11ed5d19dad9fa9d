"""Advice fits the kind of the run: one without blanks, such as a language model, is told nothing of them."""

import dataclasses
import re
from itertools import product
from pathlib import Path

import pytest

from monitor.commands import show
from monitor.commands.looking import Look
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.kind import fits, is_ctc, is_fine_tune, is_sequence
from monitor.rules.registry import RULES
from monitor.rules.result import Finding
from monitor.run_dir import Clip, DataInfo, Decode, Epoch, Floors, Launch, Run, Snapshot
from monitor.run_dir.status import status_of
from monitor.view.frame import frame
from monitor.view.series import Since
from tests.snapshots import NOW, beating, curve, snapshot

OF_CTC = re.compile(r"\bblanks?\b|\bCTC\b|\bgreedy\b|\bb\*|trainer\.diagnose", re.IGNORECASE)
ATTENTION = {"launch": Launch(run_id="r", created_at=1.0, argv=["python", "train_attention.py"])}
KINDS = {
    "attention": {**ATTENTION, "run": Run(run_id="r", config={"lr": 1e-3, "dropout": 0.1, "beam": 8})},
    "language model": {
        **ATTENTION,
        "run": Run(run_id="r", config={"learning_rate": 3e-4}, floors=Floors(loss_unigram=7.0)),
    },
    "OCR by attention": {
        **ATTENTION,
        "run": Run(run_id="r", floors=Floors(wer_constant=0.9), data=DataInfo(name="lines", clips={"val": 4})),
    },
    "nothing known": {},
}
DECODED = {
    "clips": tuple(Clip(clip_id=str(n), reference="A B C", split="val") for n in range(4)),
    "decodes": (Decode(epoch=30.0, hypotheses=["", "", "", "A"]),),
}
SICK = {
    "healthy": {
        "train_loss": lambda e: 1 + 3 / e,
        "val_loss": lambda e: 1.1 + 3.2 / e,
        "val_wer": lambda e: 0.95 - 0.02 * e,
    },
    "overfits": {"train_loss": lambda e: 5 / e, "val_loss": lambda e: 2 + 0.1 * abs(e - 9), "val_wer": lambda e: 0.6},
    "at chance": {"train_loss": lambda e: 5.0, "val_loss": lambda e: 6.9, "val_wer": lambda e: 1.0},
    "not a number": {"train_loss": lambda e: float("nan") if e > 20 else 3.0, "val_loss": lambda e: 3.0},
    "diverges": {"train_loss": lambda e: 2 + e**2 / 9, "val_loss": lambda e: 2 + e**2 / 9, "val_wer": lambda e: 0.9},
    "empty": {
        "val_loss": lambda e: 5.0,
        "val_wer": lambda e: 0.95,
        "length_ratio": lambda e: 0.1,
        "empty_ratio": lambda e: 0.8,
    },
    "printed": {"val_loss": lambda e: 5.0, "val_wer": lambda e: 0.95},
    "one sentence": {
        "val_loss": lambda e: 5.0,
        "val_wer": lambda e: 0.95,
        "top_token_ratio": lambda e: 0.8,
        "unique_hypothesis_ratio": lambda e: 0.02,
        "distinct_token_ratio": lambda e: 0.02,
        "length_ratio": lambda e: 1.0,
    },
    "no information": {"val_loss": lambda e: 5.0, "val_wer": lambda e: 0.95, "mutual_information": lambda e: 0.001},
    "stands still": {"train_loss": lambda e: 5.0, "val_loss": lambda e: 5.0, "update_ratio": lambda e: 1e-9},
    "filtered": {"val_loss": lambda e: 2.0, "val_wer": lambda e: 0.4},
    "stuck": {
        "train_loss": lambda e: 2.0,
        "val_loss": lambda e: 2.2,
        "val_wer": lambda e: 0.5 + 0.001 * (e % 3),
        "lr": lambda e: 1e-5,
    },
}


def made(kind: str, sickness: str) -> Snapshot:
    columns = {name: curve(30, of) for name, of in SICK[sickness].items()}
    more = {"metrics": {"val_wer_adjusted": 0.6}} if sickness == "filtered" else {}
    records = tuple(
        Epoch(epoch=float(e), at=NOW, **{name: values[e - 1] for name, values in columns.items()}, **more)
        for e in range(1, 31)
    )
    decoded = DECODED if sickness == "printed" else {}
    return Snapshot(run_dir="runs/r", run_id="r", read_at=NOW, epochs=records, **decoded, **KINDS[kind], **beating())


def sentences(seen: Snapshot) -> list[str]:
    """All that is said of a run on page, terminal and in the report, without the names of fields and rules."""
    judged = judge(seen, NOW)
    said = [judged.diagnosis.reason, judged.diagnosis.next_step, *judged.diagnosis.suppressed]
    for result in judged.results:
        said += [
            result.title,
            getattr(result, "line", ""),
            getattr(result, "remedy", ""),
            getattr(result, "cannot_tell", ""),
        ]
    for option in (*prescribe(seen, judged.diagnosis), *(each.option for each in consider(seen, judged.diagnosis))):
        said += [str(value) for name, value in dataclasses.asdict(option).items() if name not in ("id", "changes")]
    for cause in judged.diagnosis.causes:
        said += [cause.title, *cause.evidence, *cause.against]
    painted = frame(seen, judged, NOW, since=Since())
    said += [text for tile in painted.tiles for text in (tile.label, tile.title, tile.value, tile.yardstick)]
    said += [cell for row in painted.healthy for cell in row]
    return [*said, *show.lines(Look(Path(seen.run_dir), seen, judged, status_of(seen)))]


@pytest.mark.parametrize(("kind", "sickness"), list(product(KINDS, SICK)))
def test_a_run_that_logs_no_blanks_is_told_nothing_of_them(kind, sickness):
    told = [line for line in sentences(made(kind, sickness)) if OF_CTC.search(line)]
    assert told == []


def test_the_sick_runs_make_the_rules_speak_that_have_words_of_their_own_for_ctc():
    fired = {
        r.rule
        for sick in SICK
        for kind in KINDS
        for r in judge(made(kind, sick), NOW).results
        if isinstance(r, Finding)
    }
    assert {"blank_collapse", "token_dominance", "decode_filter", "gradient_flow", "at_chance", "overfitting"} <= fired
    assert fired <= {rule.name for rule in RULES}


def test_a_run_of_our_own_trainer_is_told_of_blanks_and_how_its_checkpoint_is_measured():
    ours = {"launch": Launch(run_id="r", created_at=1.0, argv=["python", "-m", "trainer"])}
    seen = made("attention", "filtered")
    told = sentences(type(seen)(**{**{f: getattr(seen, f) for f in seen.__struct_fields__}, **ours}))
    assert any("trainer.diagnose" in line for line in told) and any("b*" in line for line in told)


def test_checks_of_another_kind_of_run_do_not_count_as_lacking():
    losses = {"val_loss": [1.0] * 9, "train_loss": [1.0] * 9}
    classifier = snapshot(**losses, metrics=[{"val_accuracy": 0.5}] * 9, run={"floors": Floors()})
    said = judge(classifier, 0.0).diagnosis
    assert said.checks == sum(rule.kind == "any" for rule in RULES) < len(RULES)
    assert not [line for line in said.not_checked if "blank" in line or "redictions" in line]


# The questions by themselves.


@pytest.mark.parametrize(
    ("config", "is_one"),
    [
        ({}, False),
        ({"model": "resnet50", "lr": 0.1}, False),
        ({"model": 7, "notes": "like gpt"}, False),
        ({"model_name_or_path": "meta-Llama/Llama-3"}, True),
        ({"base_model": "Qwen2"}, True),
        ({"LoRA_r": 8}, True),
    ],
)
def test_a_fine_tune_of_a_language_model_is_known_by_its_config(config, is_one):
    assert is_fine_tune(snapshot(run={"config": config})) == is_one


def test_a_run_of_which_nothing_is_known_is_of_no_kind_but_any():
    seen = Snapshot(run_dir="r", run_id="r", read_at=1.0)
    assert (is_fine_tune(seen), is_ctc(seen), is_sequence(seen)) == (False, False, False)
    assert [fits(kind, seen) for kind in ("any", "ctc", "sequence")] == [True, False, False]


@pytest.mark.parametrize(
    ("columns", "floors", "ctc", "sequence"),
    [
        ({"val_loss": [1.0]}, Floors(), False, False),
        ({"blank_ratio": [0.0]}, Floors(), True, True),
        ({"val_loss": [1.0]}, Floors(blank_ratio=0.8), True, True),
        ({"val_wer": [0.5]}, Floors(), False, True),
        ({"length_ratio": [0.0]}, Floors(), False, True),
        ({"metrics": [{"val_cer": 0.5}]}, Floors(), False, True),
        ({"metrics": [{"val_accuracy": 0.5}]}, Floors(), False, False),
        ({"val_loss": [1.0], "decodes": (Decode(epoch=1, hypotheses=["A"]),)}, Floors(), False, True),
    ],
)
def test_what_a_run_logs_says_whether_it_writes_blanks_or_sentences(columns, floors, ctc, sequence):
    seen = snapshot(run={"floors": floors}, **columns)
    assert (is_ctc(seen), is_sequence(seen)) == (ctc, sequence)
    assert (fits("ctc", seen), fits("sequence", seen), fits("any", seen)) == (ctc, sequence, True)
