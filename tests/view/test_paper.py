"""The table for a paper: what its numbers are, and that nothing private is in it."""

import getpass
import json
import math
import os
import re
import shutil
import socket
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import sync_playwright

from monitor.commands.cli import main
from monitor.commands.paper import BROWSERS
from monitor.run_dir.errors import RefusedError
from monitor.view.report.chart import picture
from monitor.view.report.paper import conditions_of, figure_of, latex_of, paper_of
from monitor.writer import RunWriter
from tests import fake_runs

RATES = {"base-1": 0.50, "base-2": 0.54, "new-1": 0.40, "new-2": 0.45}


@pytest.fixture
def groups(tmp_path):
    made = {}
    for name, rate in RATES.items():
        config = {
            "dropout": 0.1 if name < "c" else 0.5,
            "seed": int(name[-1]),
            "data": f"/home/anna/{name}",
            "width": 8,
        }
        with RunWriter(tmp_path / "runs" / name, config=config) as run:
            for epoch in (1, 2):
                run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=rate + 0.1 * (2 - epoch))
        made[name] = fake_runs.read(tmp_path / "runs" / name)
    return [[made["base-1"], made["base-2"]], [made["new-1"], made["new-2"]]]


def test_seeds_are_one_row_with_mean_interval_and_the_paired_difference(groups):
    paper = paper_of(groups)
    base, new = paper.conditions
    assert conditions_of([run for group in groups for run in group]) == groups
    assert paper.epoch == 2 and [one.settings for one in paper.conditions] == [{"dropout": "0.1"}, {"dropout": "0.5"}]
    assert (base.spread.mean, new.spread.mean, base.spread.count) == (pytest.approx(0.52), pytest.approx(0.425), 2)
    assert base.against is None and new.is_paired
    # Differences of the pairs: −0.10 and −0.09; t(1) = 12.706 times 0.005 on each side.
    assert new.against == pytest.approx((-0.095, -0.095 - 12.706 * 0.005, -0.095 + 12.706 * 0.005))


def test_without_equal_seeds_the_means_are_compared(groups):
    paper = paper_of([groups[0], [groups[1][0]]])
    assert paper.conditions[1].against is None, "one seed has no interval"
    assert "nan" not in latex_of(paper)


def test_runs_without_a_common_epoch_are_refused(groups, tmp_path):
    with pytest.raises(RefusedError, match="no evaluated epoch"):
        paper_of([*groups, [fake_runs.read(fake_runs.empty(tmp_path))]])


def made(folder, name, config, accuracy=0.5, **more):
    with RunWriter(folder / "runs" / name, config=config, **more) as run:
        for epoch in (1, 2):
            run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=1.1 / epoch, val_acc=accuracy + 0.1 * epoch)
    return fake_runs.read(folder / "runs" / name)


def test_one_run_has_a_table_by_the_metric_that_decides(tmp_path):
    paper = paper_of([[made(tmp_path, "alone", {})]])
    assert (paper.metric.title, paper.epoch, paper.conditions[0].spread.mean) == ("val accuracy", 2, pytest.approx(0.7))
    assert "One seed has no interval." in latex_of(paper) and "Welch" not in latex_of(paper)


def test_runs_that_log_losses_alone_are_compared_by_val_loss(tmp_path):
    for name in ("one", "two"):
        with RunWriter(tmp_path / name) as run:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0)
            run.log_epoch(2, train_loss=0.9)
    paper = paper_of([[fake_runs.read(tmp_path / name)] for name in ("one", "two")])
    assert (paper.metric.title, paper.epoch) == ("val loss", 1), "the last epoch at which it was measured"


def test_a_run_that_ends_with_nan_is_not_shown_at_an_earlier_epoch(tmp_path):
    with RunWriter(tmp_path / "one") as run:
        run.log_epoch(1, val_loss=2.0)
        run.log_epoch(2, val_loss=math.nan)
    with pytest.raises(RefusedError, match="Not every run has a finite val loss at epoch 2"):
        paper_of([[fake_runs.read(tmp_path / "one")]])


PRIVATE = {
    "user": "berta",
    "wandb_user": "x",
    "db.host": "gpu7",
    "author": "b.smith",
    "contact": "berta at lab",
    "server": "10.1.2.3",
    "peer": "10.1.2.3",
    "name": "bertas-best",
    "variant": "berta_v2",
    "berta_flag": 1,
    "remark": "trained by berta on gpu7, see wiki",
    "nested": {"owner": "berta", "dropout": 0.3},
    "tex": "\\input{secret}",
    "home": "~berta",
    "mail": "berta@lab",
    "data": "/home/berta/corpus",
    "list": ["a/b"],
}


def test_a_setting_that_may_name_a_person_a_machine_a_place_or_a_run_is_left_out(tmp_path, capsys):
    for seed in (1, 2):
        made(tmp_path, f"low-{seed}", {**PRIVATE, "name": f"x{seed}", "lr": 0.1, "seed": seed, "betas": [0.9, 0.98]})
    made(tmp_path, "high-1", {"user": "carl", "lr": 0.2, "seed": 1, "optimiser": "adam-w", "of": "low-1", "amp": True})
    names = ["low-1", "low-2", "high-1"]
    for words in ([], ["--latex"]):
        assert main(["paper", *names, "--runs", str(tmp_path / "runs"), *words]) == 0
        told = capsys.readouterr()
        for private in ("berta", "carl", "smith", "gpu7", "10.1.2.3", "wiki", "low-1", "secret", "corpus", "a/b"):
            assert private not in told.out, private
        assert "adam-w" in told.out and "0.9, 0.98" in told.out and "nested.dropout" in told.out
        assert "settings that may name a person" in told.out
        assert told.err.startswith("Left out, as they may name a person: user, wandb_user, db.host")
    assert main(["paper", *names, "--runs", str(tmp_path / "runs"), "--json"]) == 0
    assert "variant" in json.loads(capsys.readouterr().out)["left_out"]


def test_seeds_with_names_machines_and_folders_of_their_own_are_one_condition(tmp_path):
    each = [
        made(
            tmp_path,
            f"s{seed}",
            {"lr": 0.1, "seed": seed, "name": f"n{seed}", "host": f"h{seed}", "out_dir": f"o{seed}"},
        )
        for seed in (1, 2)
    ]
    other = made(tmp_path, "other", {"lr": 0.1, "seed": 1, "data": "/data/two"})
    assert conditions_of([*each, other]) == [each, [other]]
    paper = paper_of([each, [other]])
    assert "A and B differ in a setting that is left out." in latex_of(paper)


def test_more_conditions_than_letters(tmp_path):
    runs = [made(tmp_path, f"r{number}", {"lr": number}) for number in range(28)]
    paper = paper_of([[run] for run in runs])
    assert [one.letter for one in paper.conditions][-3:] == ["Z", "AA", "AB"]


def test_curves_of_a_paper_have_colours_of_their_own(groups):
    drawn = picture(figure_of(paper_of(groups)))
    assert len(set(re.findall(r'<polyline [^>]*stroke="(#\w+)"', drawn))) == 2


def browser() -> str | None:
    """A Chromium of the system, else the one of the browser tests."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def test_the_curves_are_a_picture_of_their_own(groups, tmp_path, capsys):
    drawn = tmp_path / "curves.svg"
    assert main(["paper", *RATES, "--runs", str(tmp_path / "runs"), "--curves", str(drawn)]) == 0
    picture = ElementTree.parse(drawn).getroot()
    names = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"A", "B"} <= set(names) and len(list(picture.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    text = drawn.read_text()
    assert "var(" not in text and not any(private in text for private in ("/home/", "anna", str(tmp_path), *RATES))
    assert main(["paper", *RATES, "--runs", str(tmp_path / "runs"), "--curves", "curves.png"]) == 64
    assert "must end in .svg or .pdf" in capsys.readouterr().err


def test_a_pdf_is_one_page_of_the_pictures_size_and_needs_a_browser(groups, tmp_path, capsys, monkeypatch):
    words = ["paper", *RATES, "--runs", str(tmp_path / "runs"), "--curves", str(tmp_path / "curves.pdf")]
    chromium = browser()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert main(words) == 5 and "A PDF needs one of chromium" in capsys.readouterr().err
    if chromium is None:
        pytest.skip("NOT TRIED: there is no Chromium to print with")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "chromium").write_text(f'#!/bin/sh\nPATH={os.defpath} exec "{chromium}" "$@"\n')
    (tmp_path / "bin" / "chromium").chmod(0o755)
    assert main(words) == 0
    data = (tmp_path / "curves.pdf").read_bytes()
    assert data.startswith(b"%PDF-") and data.count(b"/Type /Page\n") == 1
    width, height = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data).groups()
    assert (round(float(width)), round(float(height))) == (540, 195), "720 × 260 pixels in points"
    assert not any(private.encode() in data for private in (str(tmp_path), socket.gethostname(), *RATES))


def test_nothing_of_user_host_or_folder_is_in_it(groups, tmp_path, capsys):
    for words in ([], ["--latex"]):
        assert main(["paper", *RATES, "--runs", str(tmp_path / "runs"), *words]) == 0
        text = capsys.readouterr().out
        assert "dropout" in text and "52.0 " in text
        for private in (socket.gethostname(), str(tmp_path), "/home/", "anna", *RATES, "hostname"):
            assert private not in text, private
        user = getpass.getuser()
        assert re.search(rf"\b{re.escape(user)}\b", text.replace(":root", "")) is None
    assert text.startswith("\\begin{tabular}")
