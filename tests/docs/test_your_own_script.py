"""docs/your-own-script.md: its commands exist, its forms are understood, its transcript is what is really said."""

import re
import shlex
from pathlib import Path

import pytest

from monitor.commands.cli import VERBS, command, main
from monitor.importers.free_text.reader import read_line

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


def test_the_transcript_is_what_is_really_said(tmp_path, capsys):
    log = tmp_path / "train.log"
    log.write_text(re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)[0])
    main(["attach", str(log), "--runs", str(tmp_path / "runs")])
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    shown = re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL)[0]
    assert said == [" ".join(line.split()) for line in shown.splitlines()[1 : 1 + len(said)]] and len(said) == 8


def test_every_form_in_the_table_names_an_epoch_or_an_evaluation():
    rows = re.findall(r"^\| (?:one line|key|JSON|`logging`|Hugging|no epochs)[^|]*\| `(.*?)`", TEXT, re.MULTILINE)
    assert len(rows) == 6
    for row in rows:
        said = read_line(row.replace("\\|", "|"))
        assert said.values, row
        assert said.epoch is not None or said.step is not None, row
