"""What became of the code between two starts: real repositories, real edits, and no claim beyond what is known."""

import subprocess
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.diagnosis.comparison import counted, same_code
from monitor.diagnosis.seed_groups import grouped, member_of
from monitor.launcher.relaunch.code import changed_files, code_since
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import Order, launch_of, read_launch
from tests.supervised import call_it_stopped, wait_for_state

TRAIN = "import model\nrate = 1\nfor epoch in range(3):\n    pass\n"


def git(folder: Path, *words: str) -> str:
    by = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(["git", "-C", str(folder), *by, *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a script and a module, committed."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "train.py").write_text(TRAIN)
    (folder / "model.py").write_text("width = 64\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "first")
    return folder


def started(folder: Path):
    return launch_of(Order(["python", "train.py"], folder), "r", 1.0)


def test_untouched_code_is_the_same(project):
    change = code_since(started(project), "the parent")
    assert (change.is_same, change.line, change.diff) == (True, "", "")


def test_committing_what_was_edited_is_no_change(project):
    (project / "train.py").write_text(TRAIN.replace("rate = 1", "rate = 2"))
    launch = started(project)
    git(project, "commit", "-qam", "faster")
    assert code_since(launch, "the parent").is_same
    assert same_code(launch, started(project))


def test_a_new_file_that_git_does_not_hold_is_told_but_is_no_change(project):
    launch = started(project)
    (project / "scratch.py").write_text("print(1)\n")
    change = code_since(launch, "the parent")
    assert (change.is_same, change.line) == (True, "scratch.py is new (not in git).")


def test_an_edit_of_the_script_is_told_with_its_lines(project):
    launch = started(project)
    (project / "train.py").write_text(TRAIN.replace("rate = 1\n", "rate = 2\nseed = 3\nclip = 4\n"))
    change = code_since(launch, "the parent")
    assert change.is_same is False
    assert change.line == "train.py changed since the parent started: +3 −1."
    assert "-rate = 1\n+rate = 2\n" in change.diff


def test_only_what_changed_after_the_start_counts_and_not_what_was_edited_before_it(project):
    (project / "train.py").write_text(TRAIN.replace("range(3)", "range(300)"))
    launch = started(project)
    assert "range(300)" in launch.git_diff
    (project / "train.py").write_text(TRAIN.replace("range(3)", "range(300)").replace("rate = 1", "rate = 2"))
    change = code_since(launch, "the parent")
    assert change.line == "train.py changed since the parent started: +1 −1."
    assert "+rate = 2" in change.diff and "-for epoch" not in change.diff


def test_changes_that_were_committed_meanwhile_are_told_too(project):
    launch = started(project)
    (project / "model.py").write_text("width = 32\n")
    (project / "train.py").write_text(TRAIN + "print(model)\n")
    git(project, "commit", "-qam", "smaller")
    change = code_since(launch, "it")
    assert change.line == "2 files (model.py, train.py) changed since it started: +2 −1."
    assert not same_code(launch, started(project))


def test_the_repository_is_not_written_to(project):
    (project / "train.py").write_text(TRAIN + "x = 1\n")
    before = sorted(path.relative_to(project) for path in (project / ".git" / "objects").rglob("*"))
    index = (project / ".git" / "index").read_bytes()
    launch = started(project)
    (project / "train.py").write_text(TRAIN + "x = 2\n")
    code_since(launch, "it")
    assert sorted(path.relative_to(project) for path in (project / ".git" / "objects").rglob("*")) == before
    assert (project / ".git" / "index").read_bytes() == index


def test_of_a_module_that_git_does_not_hold_only_the_change_is_known(project):
    (project / "model.py").write_text("import layers\n")
    (project / "layers.py").write_text("depth = 1\n")
    launch = started(project)
    (project / "layers.py").write_text("depth = 2\n")
    change = code_since(launch, "the parent")
    assert (change.is_same, change.line, change.diff) == (False, "layers.py changed (not in git).", "")


def test_a_package_that_is_found_from_elsewhere_is_followed_to_where_it_lies(project, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(project))
    (tmp_path / "elsewhere").mkdir()
    launch = launch_of(Order(["python", "-m", "train"], tmp_path / "elsewhere"), "r", 1.0)
    assert launch.script == str(project / "train.py") and launch.git_commit
    monkeypatch.delenv("PYTHONPATH")
    assert code_since(launch, "the parent").is_same, "who looks has another search path"
    (project / "model.py").write_text("width = 32\n")
    assert code_since(launch, "the parent").line == "model.py changed since the parent started: +1 −1."


def test_a_script_without_any_repository_is_told_with_its_lines(tmp_path):
    (tmp_path / "train.py").write_text(TRAIN)
    (tmp_path / "model.py").write_text("width = 64\n")
    launch = started(tmp_path)
    assert launch.script_text == TRAIN and set(launch.local_files) == {"train.py", "model.py"}
    assert code_since(launch, "it").is_same
    (tmp_path / "train.py").write_text(TRAIN.replace("rate = 1", "rate = 2"))
    (tmp_path / "model.py").unlink()
    change = code_since(launch, "it")
    assert change.line == "train.py changed since it started: +1 −1; model.py is gone (not in git)."


def test_a_diff_that_was_cut_is_not_guessed_at(project):
    (project / "train.py").write_text("x = 1\n" * 60_000)
    launch = started(project)
    assert "more characters left out" in launch.git_diff
    (project / "train.py").write_text("x = 2\n")
    change = code_since(launch, "it")
    assert (change.is_same, change.diff) == (False, "")
    assert change.line == "train.py changed since it started; which lines, is not known."


def test_a_commit_that_is_gone_is_not_guessed_at(project):
    launch = msgspec.structs.replace(started(project), git_commit="1" * 40, git_tree="2" * 40, imported={})
    change = code_since(launch, "it")
    assert change.is_same is False
    assert "commit 111111111 → " in change.line and "not known" in change.line


def test_a_start_of_which_no_code_was_written_down_says_so(tmp_path):
    launch = launch_of(Order(["true"], tmp_path), "r", 1.0)
    change = code_since(launch, "it")
    assert (change.is_same, change.line) == (None, "Which code it ran was not written down.")


def test_the_header_lines_of_a_diff_are_not_counted():
    assert counted("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+++c\n") == (2, 1)


def test_a_child_keeps_what_changed_in_the_code_between_the_two_starts(project, runs):
    launcher.start(runs, ["python3", "train.py"], run_id="parent", cwd=project)
    wait_for_state(runs / "parent", "finished")
    (project / "train.py").write_text(TRAIN.replace("rate = 1", "rate = 2"))
    plan = launcher.plan_restart(runs, "parent", {})
    assert plan.code.line == "train.py changed since the parent started: +1 −1."
    launcher.restart(plan, stop_parent=False)
    link = read_launch(runs / "parent-2").parent
    assert link.code_line == plan.code.line and "+rate = 2" in link.code_diff


def test_code_that_changes_between_the_look_and_the_start_stops_the_start(project, runs):
    launcher.start(runs, ["python3", "train.py"], run_id="parent", cwd=project)
    wait_for_state(runs / "parent", "finished")
    plan = launcher.plan_restart(runs, "parent", {})
    (project / "model.py").write_text("width = 1\n")
    with pytest.raises(RefusedError, match=r"out of date: model\.py changed"):
        launcher.restart(plan, stop_parent=False)
    call_it_stopped(runs / "parent")
    resumed = launcher.plan_resume(runs, "parent")
    assert resumed.line.endswith("model.py changed since it started: +1 −1. It goes on with the new code.")
    (project / "model.py").write_text("width = 2\n")
    with pytest.raises(RefusedError, match=r"out of date: model\.py changed"):
        launcher.resume(runs, "parent", plan=resumed)
    assert not (runs / "parent-2").exists()
    launcher.resume(runs, "parent", plan=launcher.plan_resume(runs, "parent"))
    kept = wait_for_state(runs / "parent", "finished")
    assert (kept.generation, kept.code_line) == (2, "model.py changed since it started: +1 −1.")


def test_an_option_that_is_an_edit_of_the_code_is_refused_until_something_was_edited(project, runs):
    launcher.start(runs, ["python3", "train.py"], run_id="parent", cwd=project)
    wait_for_state(runs / "parent", "finished")
    with pytest.raises(RefusedError, match="an edit of the code, and the code is as it was"):
        launcher.plan_restart(runs, "parent", {}, expected={"code_edit": True})
    (project / "model.py").write_text("stride = 4\n")
    assert launcher.plan_restart(runs, "parent", {}, expected={"code_edit": True}).code.is_same is False


WITH_IMPORTS = "import model\nfrom pkg.layers import conv\nfrom pkg import heads\nprint('hi')\n"


def code_now(folder: Path):
    return code_since(started(folder), "it").now


@pytest.fixture
def importing(project: Path) -> Path:
    (project / "train.py").write_text(WITH_IMPORTS)
    (project / "pkg").mkdir()
    for name in ("__init__", "layers", "heads"):
        (project / "pkg" / f"{name}.py").write_text("from . import common\nconv = 1\n" if name == "layers" else "")
    return project


@pytest.mark.parametrize("name", ["scratch.py", "pkg/notes.py", "other/train_other.py", "model_old.py"])
@pytest.mark.parametrize("is_in_git", [False, True])
def test_a_file_that_the_run_does_not_import_blocks_nothing(importing, name, is_in_git):
    (importing / name).parent.mkdir(exist_ok=True)
    if is_in_git:
        (importing / name).write_text("x = 1\n")
        git(importing, "add", ".")
        git(importing, "commit", "-qm", "second")
    before = code_now(importing)
    (importing / name).write_text("x = 2\n")
    assert code_now(importing) == before
    (importing / name).unlink()
    assert code_now(importing) == before


@pytest.mark.parametrize("name", ["model.py", "pkg/__init__.py", "pkg/layers.py", "pkg/heads.py", "pkg/common.py"])
def test_a_file_that_the_run_imports_blocks_and_is_named(importing, name):
    before = code_now(importing)
    (importing / name).write_text("x = 2\n")
    assert changed_files(before, code_now(importing)) == [name]


@pytest.mark.parametrize("name", ["train.py", "run.sh", "kernel.cu"])
def test_the_script_and_what_is_no_python_block_too(importing, name):
    before = code_now(importing)
    (importing / name).write_text(WITH_IMPORTS + "print(2)\n")
    assert changed_files(before, code_now(importing)) == [name]


def test_where_modules_are_named_at_run_time_every_file_counts(importing):
    (importing / "train.py").write_text("import importlib, sys\nimportlib.import_module(sys.argv[1])\n")
    before = code_now(importing)
    (importing / "scratch.py").write_text("x = 2\n")
    assert changed_files(before, code_now(importing)) == ["scratch.py"]


def test_a_commit_between_the_look_and_the_start_is_named_where_imports_are_not_known(importing):
    (importing / "train.py").write_text("import importlib, sys\nimportlib.import_module(sys.argv[1])\n")
    before = code_now(importing)
    (importing / "notes.md").write_text("x\n")
    git(importing, "add", "notes.md")
    git(importing, "commit", "-qm", "second")
    assert changed_files(before, code_now(importing)) == ["the commit"]


def commit(folder: Path, name: str, text: str = "x = 3\n") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "more")


@pytest.mark.parametrize("name", ["README.txt", "docs/a.txt", "notused.py", "pkg/notes.py", ".gitignore", "plot.png"])
def test_a_file_that_the_run_does_not_import_is_no_change_of_code(importing, name):
    commit(importing, "start.txt")
    before = started(importing)
    commit(importing, name)
    commit(importing, name, "x = 4\n")
    change = code_since(before, "it")
    assert change.is_same and change.diff == ""
    assert change.line == f"{name} changed since it started, which the run does not import."
    assert changed_files(change.now, code_now(importing)) == []
    assert same_code(before, started(importing))


@pytest.mark.parametrize("name", ["train.py", "model.py", "pkg/common.py", "base.yaml", "kernel.cu"])
def test_what_it_imports_or_may_read_is_a_change_in_git_too(importing, name):
    commit(importing, "base.yaml")
    commit(importing, "kernel.cu")
    before = started(importing)
    text = (importing / name).read_text() if (importing / name).exists() else ""
    commit(importing, name, text + "y = 5\n")
    commit(importing, "README.txt")
    change = code_since(before, "it")
    assert change.is_same is False and "README" not in change.diff
    assert change.line == f"{name} changed since it started: +1 −0."
    assert not same_code(before, started(importing))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import net\n", "lib/net.py"),
        ("import net\n", "lib/net/__init__.py"),
        ("import net.blocks\n", "src/net/blocks.py"),
        ("import subprocess\nsubprocess.run(['python', 'other/step.py'])\n", "other/step.py"),
        ("from pkg import layers\n", "pkg/common.py"),
    ],
    ids=["installed from the repository", "a package so", "a source folder", "started by name", "a relative import"],
)
def test_a_module_is_found_where_the_run_may_find_it(importing, source, name):
    commit(importing, name)
    commit(importing, "train.py", source)
    before = started(importing)
    commit(importing, name, "x = 6\n")
    assert not same_code(before, started(importing))
    assert code_since(before, "it").line.startswith(f"{name} changed since it started")


@pytest.mark.parametrize(
    "call", ["__import__(n)", "exec(n)", "importlib.import_module(n)", "hydra.utils.instantiate(n)"]
)
def test_where_what_is_imported_is_not_known_every_file_counts(importing, call):
    commit(importing, "train.py", f"import importlib, hydra\nn = 'a'\n{call}\n")
    before = started(importing)
    assert before.imported == {}
    commit(importing, "README.txt")
    assert code_since(before, "it").line == "README.txt changed since it started: +1 −0."
    assert not same_code(before, started(importing))


def test_seeds_on_either_side_of_an_unrelated_commit_are_one_group(importing):
    first = started(importing)
    commit(importing, "README.txt")
    second = launch_of(Order(["python", "train.py", "--seed", "2"], importing), "s", 2.0)
    commit(importing, "model.py")
    third = launch_of(Order(["python", "train.py", "--seed", "3"], importing), "t", 3.0)
    members = [member for each in (first, second, third) if (member := member_of(each)) is not None]
    assert [group.runs for group in grouped(members, lambda _: "")] == [("r", "s")]
    old = [member_of(msgspec.structs.replace(each, imported={})) for each in (first, second)]
    assert grouped(filter(None, old), lambda _: "") == [], "where imports are not known, git's state decides"


def test_a_resume_goes_on_with_new_code_only_where_an_imported_file_changed(importing, runs):
    commit(importing, "pkg/common.py")
    launcher.start(runs, ["python3", "train.py"], run_id="parent", cwd=importing)
    wait_for_state(runs / "parent", "finished")
    call_it_stopped(runs / "parent")
    commit(importing, "notused.py")
    line = launcher.plan_resume(runs, "parent").line
    assert "new code" not in line and line.endswith("Nothing else is changed.")
    (importing / "model.py").write_text("width = 1\n")
    assert launcher.plan_resume(runs, "parent").line.endswith(
        "model.py changed since it started: +1 −1. It goes on with the new code."
    )
