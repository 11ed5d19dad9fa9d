"""The manual page, and what a container runs: true of the verbs as they are. Nothing here builds an image."""

import re
import shlex
import shutil
import subprocess
from itertools import pairwise

import pytest

from monitor.commands.cli import VERBS, command
from monitor.commands.manual import page
from monitor.run_dir import errors
from tests.supervised import ROOT

DEPLOY = ROOT / "deploy"
MANUAL = ROOT / "docs" / "vitalsigns.1"


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def test_the_manual_page_is_the_one_that_the_help_gives():
    assert MANUAL.read_text(encoding="utf-8") == page(), "python -m monitor.commands.manual > docs/vitalsigns.1"


def test_the_manual_page_has_every_verb_and_every_exit_code():
    text = page()
    assert all(f"\n.B {verb}\n" in text for verb in VERBS)
    codes = {str(value) for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert codes <= set(re.findall(r"^\.B (\d+)$", text, re.MULTILINE))


@pytest.mark.skipif(shutil.which("groff") is None, reason="NOT TRIED: groff is not installed")
def test_groff_has_no_objection():
    done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", MANUAL], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("name", ["Containerfile", "compose.yaml"])
def test_what_the_container_runs_is_a_command_line_of_ours(name):
    words = re.search(r"(?:CMD|command:) \[(.*)\]", text_of(name))[1]
    verb, *given = shlex.split(words.replace(",", " "))
    context = command(verb).make_context(verb, given)
    assert (context.params["runs"], context.params["detach"]) == (["/runs"], False)
    assert f"EXPOSE {context.params['port']}" in text_of("Containerfile")
    assert f"dashboard:{context.params['port']}" in text_of("Caddyfile")
    assert set(context.params["name"] or ()) <= set(re.findall(r"^(\S+) \{", text_of("Caddyfile"), re.MULTILINE))


def test_every_image_has_a_version_and_nobody_is_root():
    text = text_of("Containerfile")
    images = re.findall(r"^FROM (\S+)", text, re.MULTILINE) + re.findall(r"image: (\S+)", text_of("compose.yaml"))
    assert images and all(re.search(r":\d+\.\d+\.\d+", image) for image in images)
    assert text.rindex("USER watcher") < text.index("ENTRYPOINT")
    assert "--no-cache-dir" in text and "requirements-monitor.txt" in text


def test_the_linters_rules_for_a_container_file_are_kept():
    """Those of hadolint that a text shows: DL3025 (arguments as JSON), DL3059 (no two RUN in a row), DL3045, DL3020."""
    orders = [line.split(" ", 1) for line in re.findall(r"^[A-Z]+ .*", text_of("Containerfile"), re.MULTILINE)]
    words = [word for word, _ in orders]
    assert not [pair for pair in pairwise(words) if pair == ("RUN", "RUN")]
    assert "ADD" not in words and all(rest.startswith("[") for word, rest in orders if word in ("CMD", "ENTRYPOINT"))
    places = [rest.split()[-1] for word, rest in orders if word == "COPY"]
    assert all(place.startswith("/") for place in places[1:]) and words.index("WORKDIR") < words.index("COPY")


def test_a_build_sends_neither_the_environment_nor_runs():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {".venv", ".git", "runs"} <= set(ignored)
    assert not {"monitor", "trainer", "vitalsigns", "docs", "app.py", ".streamlit", "setup.py"} & set(ignored)
