"""Which files a script imports: those that its source names, followed; None where the source does not say."""

import ast
from pathlib import Path

import pytest

from monitor.run_dir.imports import MOST_FILES, Sources, imported_files, modules_of, nodes_of, search_path, tree_of


def write(folder, **files):
    """Python files by their dotted names; "__" stands for a folder."""
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "train.py"


def imported(script, *words, near=None, known=()):
    found = imported_files(script, words, Sources(script.parent, near or [script.parent], known))
    return None if found is None else sorted(path.relative_to(script.parent).as_posix() for path in found)


def test_what_lies_beside_a_script_and_is_not_imported_is_no_part_of_it(tmp_path):
    script = write(tmp_path, train="import os, json\n", other="import model\n", model="")
    assert imported(script) == ["train.py"]
    assert list(modules_of(script, tmp_path)) == [script]


def test_imports_are_followed_in_every_form_and_a_circle_ends(tmp_path):
    script = write(
        tmp_path,
        train="import a\nfrom pkg import one\nfrom pkg.sub.two import f\ndef late():\n    import b\n",
        a="import train\n",
        b="",
        pkg__one="from . import three\nfrom .sub import four\n",
        pkg__three="",
        pkg__sub__two="from ..five import g\n",
        pkg__sub__four="",
        pkg__five="",
        pkg__unused="",
    )
    (tmp_path / "pkg" / "__init__.py").write_text("")
    names = ["a.py", "b.py", "pkg/__init__.py", "pkg/five.py", "pkg/one.py", "pkg/sub/four.py", "pkg/sub/two.py"]
    assert imported(script) == [*names, "pkg/three.py", "train.py"]


def test_a_module_of_the_standard_library_is_not_taken_for_a_file_of_the_project(tmp_path):
    script = write(tmp_path, train="import queue\nimport other\n", src__queue="", src__other="")
    known = [Path("repo/src/queue.py"), Path("repo/src/other.py")]
    meant = Sources(tmp_path, [tmp_path], known)
    assert list(meant.meant_by(0, "queue", script)) == []
    assert list(meant.meant_by(0, "other", script)) == [Path("repo/src/other.py")]


@pytest.mark.parametrize(
    "line",
    ["importlib.import_module(name)", "exec(text)", "hydra.utils.instantiate(cfg)", "Config.fromfile(path)"],
)
def test_names_that_are_made_at_run_time_are_not_known(tmp_path, line):
    assert imported(write(tmp_path, train=f"import a\n{line}\n", a="")) is None
    assert imported(write(tmp_path, train="import a\n", a=f"def f():\n    return {line}\n")) is None
    assert imported(write(tmp_path, train="import a\nfromfile(path)\n", a="")) == ["a.py", "train.py"]


def test_a_file_that_a_text_or_the_command_names_counts(tmp_path):
    script = write(tmp_path, train="run('eval.py')\nopen('no_such.py')\n", eval="", config="", other="")
    assert imported(script, "--config", "config.py", "--lr=other.py") == ["config.py", "eval.py", "train.py"]


def test_a_file_of_a_package_brings_the_package(tmp_path):
    script = write(tmp_path, train="run('tools/eval.py')\n", tools__eval="", late="")
    (tmp_path / "tools" / "__init__.py").write_text("import late\n")
    assert imported(script) == ["late.py", "tools/__init__.py", "tools/eval.py", "train.py"]


def test_a_shell_script_and_a_project_of_too_many_files_are_not_known(tmp_path):
    (tmp_path / "train.sh").write_text("python train.py\n")
    assert imported_files(tmp_path / "train.sh", [], Sources(tmp_path, [tmp_path])) is None
    names = [f"m{number}" for number in range(MOST_FILES)]
    script = write(tmp_path, train=f"import {', '.join(names)}\n", **dict.fromkeys(names, ""))
    assert imported(script) is None
    script.write_text(f"import {', '.join(names[1:])}\n")
    assert len(imported(script)) == MOST_FILES


@pytest.mark.parametrize("text", [b"def f(:\n", b"\xff\xfe", b"x = (" + b"(" * 5000, b"\x00"])
def test_what_is_no_python_is_an_empty_tree(tmp_path, text):
    (tmp_path / "a.py").write_bytes(text)
    assert tree_of(tmp_path / "a.py").body == []
    assert tree_of(tmp_path).body == tree_of(tmp_path / "none.py").body == []


def test_a_search_path_is_its_folders_in_order():
    assert search_path("/a::/b") == [Path("/a"), Path("/b")] and search_path("") == []


def test_a_tree_is_walked_once_and_its_nodes_come_in_the_order_of_ast_walk(monkeypatch):
    tree = ast.parse("import a\ndef f(x):\n    return a.b(x, y=[1, 2])\n")
    there = list(ast.walk(tree))
    assert list(nodes_of(tree)) == there
    monkeypatch.setattr(ast, "walk", None)
    assert list(nodes_of(tree)) == there
