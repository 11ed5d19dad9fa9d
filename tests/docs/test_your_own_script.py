"""docs/your-own-script.md: its commands exist, its forms are understood, its transcript is what is really said."""

import re
import shlex
from pathlib import Path

import pytest

from monitor.commands.cli import VERBS, command
from monitor.importers.free_text.reader import read_line
from monitor.launcher.attaching import AttachRequest, propose

TEXT = (Path(__file__).parent.parent.parent / "docs" / "your-own-script.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"python -m monitor [^`\n]+", TEXT)))


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_that_is_shown_exists_with_its_options(line):
    ours = shlex.split(line.partition(" -- ")[0].split("…")[0])[3:]
    if not ours:
        return
    assert ours[0] in VERBS
    known = {name for option in command(ours[0]).params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in ours if word.startswith("--")} <= known


def test_the_transcript_is_what_is_really_said(tmp_path):
    log = tmp_path / "train.log"
    log.write_text(re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)[0])
    proposal = propose(tmp_path / "runs", log, AttachRequest("anna"))
    shown = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)[0]
    assert proposal.said in shown
    assert f"Predictions: {proposal.samples}." in shown
    for use in proposal.mapping.uses:
        assert f"  {use.column} → {use.field}" in shown


def test_every_form_in_the_table_names_an_epoch_or_an_evaluation():
    rows = re.findall(r"^\| (?:one line|key|JSON|`logging`|Hugging|no epochs)[^|]*\| `(.*?)`", TEXT, re.MULTILINE)
    assert len(rows) == 6
    for row in rows:
        said = read_line(row.replace("\\|", "|"))
        assert said.values, row
        assert said.epoch is not None or said.step is not None, row
