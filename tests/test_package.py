"""The wheel: one public name, which works beside files of anybody's that are called like its parts."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.supervised import ROOT

STRANGERS = ("monitor", "trainer")
LIBRARIES = ("msgspec", "psutil", "torch", "typer", "numpy")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("monitor", "trainer", "vitalsigns"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "setup.py", "pyproject.toml", "MANIFEST.in"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / ".streamlit", source / ".streamlit")
    (source / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "vitalsigns.1", source / "docs")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "-w", str(out), "."], cwd=source, check=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder that a wheel is unpacked into, as an installation does."""
    folder = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


@pytest.fixture
def crowded(tmp_path) -> Path:
    """A folder with a user's own `monitor` and `trainer`, as modules and as packages."""
    folder = tmp_path / "crowded"
    for name in STRANGERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(f"OWNER = 'user: {name}'\n")
        (folder / f"{name}.py").write_text(f"OWNER = 'user: {name}'\n")
    return folder


def python(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), "VITALSIGNS_RUNS": str(folder / "runs")}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)


WRITES = """
import sys
from vitalsigns import Clip, Metric, NullRunWriter, RunWriter
import monitor, trainer
with RunWriter("runs/mine", metrics=[Metric("val_zap", "score", "fraction", primary=True)]) as run:
    for epoch in range(1, 4):
        run.log_epoch(epoch, val_zap=epoch / 10)
        run.should_stop()
print(monitor.OWNER, trainer.OWNER, *sorted({name.split(".")[0] for name in sys.modules} & {"numpy", "psutil"}))
"""


def test_the_wheel_has_one_name_at_the_top_and_nothing_in_it_speaks_of_another(wheel):
    inside = zipfile.ZipFile(wheel)
    beside = [name for name in inside.namelist() if name.startswith("vitalsigns-0.1.0.data/")]
    assert beside == ["vitalsigns-0.1.0.data/data/share/man/man1/vitalsigns.1"], "the manual page, in no import path"
    tops = {name.split("/")[0] for name in set(inside.namelist()) - set(beside)}
    assert tops == {"vitalsigns", "vitalsigns-0.1.0.dist-info"}
    assert inside.read("vitalsigns-0.1.0.dist-info/top_level.txt") == b"vitalsigns\n"
    for name in inside.namelist():
        if name.endswith((".py", ".js")):
            found = re.search(
                r"^\s*(from|import) (monitor|trainer)\b|-m (monitor|trainer)\b", inside.read(name).decode()
            )
            assert found is None, f"{name}: {found and found[0]}"
    ours = {str(p.relative_to(ROOT)) for top in STRANGERS for p in (ROOT / top).rglob("*") if p.is_file()}
    packed = {name.removeprefix("vitalsigns/") for name in inside.namelist()}
    assert {name for name in ours if "__pycache__" not in name} <= packed


def test_the_writer_works_beside_a_users_own_monitor_and_trainer(installed, crowded):
    (crowded / "train.py").write_text(WRITES)
    done = python(installed, crowded, "train.py")
    assert (done.stdout, done.stderr) == ("user: monitor user: trainer\n", "")
    assert len((crowded / "runs" / "mine" / "epochs.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize("name", ["msgspec.py", "msgspec/__init__.py"])
@pytest.mark.parametrize(
    "text", ["", "raise SystemExit('it was executed')", "import nothing_here", "class Struct: pass", "def f(:"]
)
def test_a_strangers_msgspec_is_named_in_one_sentence_and_not_executed(installed, crowded, name, text):
    (crowded / name).parent.mkdir(exist_ok=True)
    (crowded / name).write_text(text)
    (crowded / "train.py").write_text(WRITES)
    said = python(installed, crowded, "train.py").stderr.splitlines()[-1]
    assert said == (
        f"ImportError: {crowded / name} is not the library msgspec, which Vitalsigns needs, but hides it: "
        "rename that file."
    )


def test_a_folder_that_is_called_msgspec_hides_nothing(installed, crowded):
    (crowded / "msgspec").mkdir()
    (crowded / "train.py").write_text(WRITES)
    assert python(installed, crowded, "train.py").stderr == ""


def test_every_process_of_ours_works_beside_files_called_like_libraries(installed, crowded):
    for name in LIBRARIES:
        (crowded / f"{name}.py").write_text("raise SystemExit('a file of the user was executed')\n")
    (crowded / "train.py").write_text(
        "for e in range(1, 4): print(f'Epoch {e}: train_loss {1 / e} val_loss {1 / e}')\n"
    )
    ours = lambda *words: python(installed, crowded, "-m", "vitalsigns", *words)  # noqa: E731
    started = ours("start", "--name", "mine", "--foreground", "--", sys.executable, "train.py")
    assert started.returncode == 0, started.stderr
    assert (crowded / "runs" / "mine" / "trainer.log").read_text().startswith("Epoch 1: train_loss")
    told = ours("show", "nobody").stderr
    assert "python -m" not in told and "vitalsigns list" in told
    assert ours("--version").stdout == "vitalsigns 0.1.0\n"
    schema = python(installed, crowded, "-m", "vitalsigns.trainer", "--schema")
    assert schema.stdout.startswith("{"), schema.stderr
    served = ours("serve", "--json")
    try:
        assert served.returncode == 0 and '"port"' in served.stdout, served.stderr
    finally:
        assert ours("serve", "--stop").returncode == 0


OPTIONS = """
import json
from streamlit import config
from vitalsigns.monitor.run_dir.processes import HOME
from vitalsigns.monitor.ui.server import HARDENING
config._main_script_path = str(HOME / "app.py")
print(json.dumps([[name, config.get_option(name), wanted] for name, wanted in HARDENING.items()]))
print((HOME / ".streamlit" / "config.toml").read_text() == open("config.toml").read())
"""


def test_an_installed_page_has_the_safe_options_and_the_looks_of_the_checkout(installed, tmp_path):
    """Among them: no usage statistics, no details of an error to visitors, small uploads."""
    shutil.copy(ROOT / ".streamlit" / "config.toml", tmp_path)
    options, same = python(installed, tmp_path, "-c", OPTIONS).stdout.splitlines()
    assert [name for name, value, wanted in json.loads(options) if value != wanted] == [] and same == "True"


def test_the_extras_ask_for_what_the_tested_versions_offer():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [each for some in project["optional-dependencies"].values() for each in some]
    asked = dict(
        re.match(r"([\w.-]+)>=([\d.]+)", each).groups() for each in [*extras, *project["dependencies"]] if ">=" in each
    )
    pinned = {}
    for name in ("requirements-monitor.txt", "requirements.txt", "requirements-dev.txt", "requirements-frameworks.txt"):
        pinned |= dict(re.findall(r"^([\w.-]+)==([\d.]+)", (ROOT / name).read_text(), re.MULTILINE))
    for name, least in asked.items():
        assert f"{pinned[name]}.".startswith(f"{least}."), name
    monitor = re.findall(r"^([\w.-]+)==", (ROOT / "requirements-monitor.txt").read_text(), re.MULTILINE)
    assert set(monitor) <= set(asked)


def test_rules_of_ones_own_run_beside_an_installed_wheel(wheel, installed, crowded, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(crowded.parent / "state"))
    assert any(name.endswith("share/man/man1/vitalsigns.1") for name in zipfile.ZipFile(wheel).namelist())
    made = python(installed, crowded, "-m", "vitalsigns", "rules", "new")
    assert made.returncode == 0 and (crowded / "vitalsigns_rules.py").exists(), made.stderr
    script = (
        "from vitalsigns import RunWriter\n"
        "with RunWriter('runs/r') as run:\n"
        "    for epoch in range(1, 9):\n"
        "        run.log_epoch(epoch, val_loss=1 / epoch, train_loss=1 / epoch, seconds=50 if epoch < 7 else 600)\n"
    )
    (crowded / "train.py").write_text(script)
    assert python(installed, crowded, "train.py").returncode == 0
    said = python(installed, crowded, "-m", "vitalsigns", "check", "r")
    assert "An epoch takes 600 s; 50 s is usual." in said.stdout, said.stdout + said.stderr
