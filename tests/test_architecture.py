"""The house: who may import whom, and what never gets loaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.rules.registry import RULES

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "run_dir": set(),
    "writer": {"run_dir"},
    "integrations": {"run_dir", "writer"},
    "importers": {"run_dir", "writer"},
    "rules": {"run_dir"},
    "diagnosis": {"run_dir", "rules"},
    "launcher": {"run_dir", "rules", "importers", "diagnosis"},
    "view": {"run_dir", "rules", "diagnosis"},
    "supervisor": {"run_dir", "writer", "rules", "importers", "diagnosis", "launcher", "view"},
    "ui": {"run_dir", "importers", "diagnosis", "launcher", "view"},
    "frames": {"run_dir", "rules", "diagnosis", "view"},
    "commands": None,
}
"""Room -> rooms that it may import; None may import every room (a verb puts rooms together)."""
NO_DISK = {
    "records",
    "errors",
    "status",
    "replay",
    "floors",
    "words",
    "checkpoints",
    "field_names",
    "columns",
    "metric",
    "metric_names",
    "planned",
    "job_words",
}
"""Of run_dir, what knows no disk: all that judgement may use."""
JUDGEMENT = [
    "rules",
    "diagnosis/prescriptions",
    "diagnosis/verdict.py",
    "diagnosis/word.py",
    "diagnosis/early.py",
    "diagnosis/causes.py",
]
JUDGEMENT += ["diagnosis/alignment.py", "diagnosis/comparison.py", "diagnosis/outcome.py"]
JUDGEMENT += ["diagnosis/clip_pairs.py", "diagnosis/moment.py", "diagnosis/tries.py", "diagnosis/yardstick.py"]
JUDGEMENT += ["diagnosis/seed_spread.py", "diagnosis/course.py"]
ENTRANCES = {"__init__.py", "__main__.py"}


def modules(top: str) -> list[Path]:
    """Every Python file of a folder, or the one file that `top` names."""
    place = ROOT / top
    found = [place] if place.is_file() else sorted(p for p in place.rglob("*.py") if "__pycache__" not in p.parts)
    assert found, f"{top} holds no module"
    return found


def room_of(path: Path) -> str:
    """The room of a file: its folder directly below monitor/."""
    return path.relative_to(ROOT / "monitor").parts[0]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports, so that the house can be read"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def rooms_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("monitor.")}


def of_run_dir(path: Path) -> set[str]:
    """The modules of run_dir that a file imports; its records where it imports from the room's door."""
    parts = {name.split(".")[2] for name in imported(path) if name.startswith("monitor.run_dir.")}
    known = {each.stem for each in modules("monitor/run_dir")}
    return {part if part in known else "records" for part in parts}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_the_table_allows(room):
    allowed = set(MAY_IMPORT) if MAY_IMPORT[room] is None else MAY_IMPORT[room]
    for path in modules(f"monitor/{room}"):
        strangers = rooms_imported(path) - allowed - {room}
        assert set() == strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_the_table_names_every_room_and_no_module_lies_outside_one():
    assert {room_of(path) for path in modules("monitor")} - ENTRANCES == set(MAY_IMPORT)
    assert {path.name for path in (ROOT / "monitor").glob("*.py")} == ENTRANCES
    assert rooms_imported(ROOT / "monitor" / "__main__.py") == {"commands"}


def test_judgement_touches_no_disk():
    """The ledger, alerts, acks, summaries and settings beside the verdict read files; what judges does not."""
    for path in (path for place in JUDGEMENT for path in modules(f"monitor/{place}")):
        assert set() == of_run_dir(path) - NO_DISK, path
    for path in modules("monitor/run_dir"):
        if path.relative_to(ROOT / "monitor" / "run_dir").with_suffix("").parts[0] in NO_DISK:
            assert set() == of_run_dir(path) - NO_DISK, path


def test_no_file_of_the_records_has_the_name_of_a_module_beside_them():
    """`from monitor.run_dir.records import *` hands on the package's files too, and would hide the module."""
    beside = {path.stem for path in (ROOT / "monitor" / "run_dir").glob("*.py")}
    assert {path.stem for path in modules("monitor/run_dir/records")} & beside == {"__init__"}


def test_a_rule_imports_of_another_rule_its_limits_only_and_touches_neither_files_nor_clock():
    rules = {type(rule).__module__ for rule in RULES}
    for path in modules("monitor/rules"):
        names = imported(path)
        others = {name for name in names if name.rpartition(".")[0] in rules and not name.endswith("Limits")}
        assert set() == others, f"{path.name} imports another rule: {sorted(others)}"
        assert not names & rules, path.name
        assert not names & {"time", "datetime", "pathlib", "os", "io", "subprocess"}, path.name


def test_the_trainer_knows_of_the_monitor_only_the_contract_and_the_writer():
    for path in modules("trainer"):
        strangers = rooms_imported(path) - {"run_dir", "writer", "__main__"}
        assert set() == strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"
        assert of_run_dir(path) <= {"records", "control", "errors", "floors", "files", "opening", "cache", "counted"}, (
            path
        )


def test_only_the_page_knows_streamlit_and_nothing_in_the_monitor_knows_torch():
    for path in modules("monitor"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert "torch" not in tops and "trainer" not in tops, path
        if room_of(path) != "ui":
            assert "streamlit" not in tops, path


def test_the_view_cannot_control_a_run():
    for path in modules("monitor/view"):
        assert "control" not in of_run_dir(path), path


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_monitor_loads_neither_torch_nor_streamlit():
    assert not loaded_after("import monitor") & {"torch", "streamlit", "pandas", "plotly"}


def test_importing_the_trainer_loads_no_page_library():
    assert not loaded_after("import trainer, trainer.loop") & {"streamlit", "plotly", "pandas"}


def test_importing_the_writer_loads_nothing_heavier_than_msgspec():
    heavy = {"numpy", "torch", "streamlit", "pandas", "plotly", "psutil", "scipy", "jiwer", "rich", "typer"}
    found = loaded_after("import monitor.writer")
    assert not found & heavy
    # Of the standard library, too, nothing that is worth several milliseconds, unless msgspec brings it.
    costly = {"statistics", "random", "asyncio", "dataclasses", "inspect", "subprocess", "logging", "socket"}
    costly |= {"traceback"}
    assert not (found - loaded_after("import msgspec")) & costly


def test_importing_what_the_callbacks_share_loads_no_framework():
    frameworks = {"lightning", "pytorch_lightning", "transformers", "keras", "speechbrain", "torch", "numpy"}
    assert not loaded_after("import monitor.integrations.reporter") & frameworks


def test_a_framework_is_imported_by_its_own_callback_only():
    frameworks = {"lightning", "pytorch_lightning", "transformers", "keras", "speechbrain"}
    for path in modules("monitor"):
        used = {name.split(".")[0] for name in imported(path)} & frameworks
        assert not used or path.parent.name == "integrations", path


def test_what_a_training_script_imports_runs_on_python_3_10():
    """Read from the syntax and the modules used: the interpreter of the tests is newer."""
    paths = {ROOT / "monitor" / "run_dir" / "__init__.py", *modules("monitor/writer"), *modules("monitor/integrations")}
    waiting = list(paths)
    while waiting:
        names = {name for name in imported(waiting.pop()) if name.startswith("monitor.")}
        found = {file_of(name if is_module(name) else name.rpartition(".")[0]) for name in names} - paths
        paths |= found
        waiting += found
    assert ROOT / "monitor" / "run_dir" / "metric.py" in paths, "what the records import is checked, too"
    command = [
        sys.executable,
        "-c",
        "import vermin; vermin.main()",
        "-t=3.10-",
        "--no-tips",
        "--violations",
        *map(str, sorted(paths)),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def file_of(dotted: str) -> Path:
    """The file of a module or a package; none has to be there."""
    place = ROOT / dotted.replace(".", "/")
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")


def is_module(dotted: str) -> bool:
    return file_of(dotted).exists()


def test_the_supervisor_is_light():
    heavy = {"torch", "streamlit", "pandas", "plotly", "scipy", "starlette"}
    assert not loaded_after("import monitor.supervisor") & heavy


def test_the_package_init_stays_empty():
    assert (ROOT / "monitor" / "__init__.py").read_text() == ""


def test_there_is_no_import_cycle():
    graph = {}
    for top in ("monitor", "trainer"):
        for path in modules(top):
            dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            graph[dotted] = path
    edges = {name: {n for n in top_level_imports(path) if n in graph and n != name} for name, path in graph.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, "import cycle: " + " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for target in sorted(edges[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def top_level_imports(path: Path) -> set[str]:
    """The modules that a file loads when it is imported; `from package import module` loads the module."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            dotted = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if is_module(name) else node.module or "" for name in dotted}
    return names
