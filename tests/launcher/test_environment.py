"""Where an interpreter's packages lie: its own, those that a `.pth` file adds, and its base's where it shares them."""

from monitor.launcher.relaunch.environment import site_packages


def folder(path):
    path.mkdir(parents=True)
    return path


def test_the_packages_of_an_environment_that_shares_those_of_another(tmp_path):
    base = folder(tmp_path / "base" / "lib" / "python3.11" / "site-packages")
    own = folder(tmp_path / "env" / "lib" / "python3.11" / "site-packages")
    more = folder(tmp_path / "more")
    (own / "reuse.pth").write_text(f"{more}\nimport os\n/not/there\n")
    python, about = str(tmp_path / "env" / "bin" / "python"), tmp_path / "env" / "pyvenv.cfg"
    about.write_text(f"home = {tmp_path}/base/bin\ninclude-system-site-packages = false\n")
    assert site_packages(python) == [own, more]
    about.write_text(f"home = {tmp_path}/base/bin\ninclude-system-site-packages = true\n")
    assert site_packages(python) == [own, more, base]
    assert site_packages("") == []
