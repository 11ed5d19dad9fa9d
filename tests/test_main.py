"""`python -m monitor`: what is left out of the search for modules, and what a Python without the libraries is told."""

import builtins
import sys
from pathlib import Path

import pytest

from monitor import __main__ as entrance
from monitor.commands import cli


@pytest.fixture
def path(monkeypatch):
    """`sys.path` of this test alone."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    return sys.path


def without(monkeypatch, name):
    """As where importing the command line finds no module `name`."""
    real = builtins.__import__

    def importing(wanted, *words, **how):
        if wanted == "monitor.commands":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(wanted, *words, **how)

    monkeypatch.setattr(builtins, "__import__", importing)


def test_the_exit_code_is_that_of_the_command_line(monkeypatch):
    monkeypatch.setattr(cli, "main", lambda: 7)
    assert entrance.main() == 7


def test_an_old_python_is_told_what_is_needed(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 10, 9))
    assert entrance.main() == entrance.USAGE
    assert capsys.readouterr().err.startswith("error: Vitalsigns needs Python 3.11 or newer; ")


def test_a_missing_library_is_told_with_what_to_install_and_one_of_ours_is_a_fault(monkeypatch, capsys):
    without(monkeypatch, "msgspec")
    assert entrance.main() == entrance.USAGE
    said = capsys.readouterr().err
    assert said.startswith(f"error: {sys.executable} has no msgspec. ") and "requirements-monitor.txt" in said
    monkeypatch.setattr(entrance, "Path", lambda file: NoFile())
    assert entrance.main() == entrance.USAGE
    assert capsys.readouterr().err.endswith("-m pip install 'vitalsigns[monitor]'\n")
    without(monkeypatch, "monitor.commands.gone")
    with pytest.raises(ModuleNotFoundError, match="gone"):
        entrance.main()


class NoFile:
    """A path below which there is no list of requirements."""

    def resolve(self):
        return self

    @property
    def parent(self):
        return self

    def __truediv__(self, name):
        return self

    def exists(self):
        return False


def test_the_current_folder_is_not_searched_unless_the_program_lies_there(path, tmp_path, monkeypatch):
    home = str(Path(entrance.__file__).resolve().parent.parent)
    monkeypatch.chdir(tmp_path)
    path[:] = ["", str(tmp_path), ".", home, str(tmp_path / "none"), "/usr/lib"]
    entrance.leave_the_current_folder_out()
    assert path == [home, str(tmp_path / "none"), "/usr/lib"]
    monkeypatch.chdir(home)
    path[:] = ["", home, "/usr/lib"]
    entrance.leave_the_current_folder_out()
    assert path == ["", home, "/usr/lib"]
