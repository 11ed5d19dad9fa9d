"""Builds a wheel in which everything lies below `vitalsigns`; all else stands in pyproject.toml.

In the checkout the packages are called `monitor` and `trainer`, names that half of the world's repositories have too.
A wheel with them at the top would be hidden by, or hide, a user's own. So the built copy is moved: `monitor` becomes
`vitalsigns.monitor`, and each import statement is rewritten to say so. Statements are found in the syntax tree, not in
the text; an alias at run time would still put `monitor` into sys.modules, where a user's own belongs.
An editable installation keeps the names of the checkout.
"""

from __future__ import annotations

import ast
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

MOVED = ("monitor", "trainer")
PUBLIC = "vitalsigns"
BESIDE = ("app.py", ".streamlit/config.toml")
"""What `streamlit run` reads in the folder that it is started in: the page, and its safe options and looks."""
SAID = (
    (re.compile(r"python -m monitor(?![\w.])"), PUBLIC),
    (re.compile(r"-m (monitor|trainer)(?!\w)"), rf"-m {PUBLIC}.\1"),
)
"""How messages, help and pages call the program → how they call it where it was installed."""


class BelowOneName(build_py):
    """Copies the packages, then moves them below the one public name."""

    def run(self) -> None:
        """Builds; an editable installation is left as it is."""
        built = Path(self.build_lib)
        if not self.editable_mode:
            for old in (PUBLIC, *MOVED):
                shutil.rmtree(built / old, ignore_errors=True)  # what an earlier build has left is no part of this one
        super().run()
        if not self.editable_mode:
            self._move(built)

    def _move(self, built: Path) -> None:
        for name in MOVED:
            shutil.move(built / name, built / PUBLIC / name)
        for file in BESIDE:
            (built / PUBLIC / file).parent.mkdir(exist_ok=True)
            shutil.copy(file, built / PUBLIC / file)
        for path in (built / PUBLIC).rglob("*"):
            if path.suffix in (".py", ".js"):
                text = path.read_text(encoding="utf-8")
                moved = rewritten(text) if path.suffix == ".py" else text
                for pattern, instead in SAID:
                    moved = pattern.sub(instead, moved)
                path.write_text(moved, encoding="utf-8")


class OnePublicName(bdist_wheel):
    """Names the one package in top_level.txt, which setuptools writes before the move."""

    def egg2dist(self, egginfo_path: str, distinfo_path: str) -> None:
        """As setuptools', with top_level.txt corrected."""
        super().egg2dist(egginfo_path, distinfo_path)
        (Path(distinfo_path) / "top_level.txt").write_text(f"{PUBLIC}\n", encoding="utf-8")


def rewritten(text: str) -> str:
    """The module with `from monitor…` as `from vitalsigns.monitor…`. Raises ValueError for `import monitor…`, whose
    name is used in expressions: those would have to be rewritten too."""
    lines = text.splitlines(keepends=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import) and any(alias.name.split(".")[0] in MOVED for alias in node.names):
            raise ValueError(f"line {node.lineno}: write `from … import …`")
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MOVED:
            line = lines[node.lineno - 1]
            start = len(line.encode()[: node.col_offset].decode()) + len("from ")
            lines[node.lineno - 1] = f"{line[:start]}{PUBLIC}.{line[start:]}"
    return "".join(lines)


setup(cmdclass={"build_py": BelowOneName, "bdist_wheel": OnePublicName})
