"""The house: who may import whom, and what never gets loaded."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CONTRACT = {"errors", "run_dir"}
JUDGEMENT = CONTRACT | {"series", "rules", "status", "diagnosis", "prescriptions"}
"""Arithmetic and judgement; none of these rooms touches a disk."""
DISK = CONTRACT | {"files", "opening", "processes", "control", "reader", "launch"}
MAY_IMPORT = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "run_dir": {"errors"},
    "opening": set(),
    "files": {"opening"},
    "field_names": set(),
    "guarded": set(),
    "provenance": set(),
    "series": set(),
    "alignment": set(),
    "forecast": {"series"},
    "processes": CONTRACT,
    "control": CONTRACT | {"files", "opening"},
    "floors": CONTRACT,
    "origin": CONTRACT | {"files", "serving"},
    "writer": CONTRACT | {"files", "opening", "control", "processes", "launch"},
    "reader": CONTRACT | {"files", "opening", "processes", "status"},
    "status": {"run_dir"},
    "replay": CONTRACT,
    "rules": CONTRACT | {"series", "forecast", "status"},
    "diagnosis": CONTRACT | {"series", "rules", "status"},
    "prescriptions": CONTRACT | {"rules", "diagnosis"},
    "comparison": CONTRACT,
    "outcome": CONTRACT | {"alignment", "comparison"},
    "report": JUDGEMENT | {"launch", "alignment", "forecast"},
    "ledger": CONTRACT | {"files", "launch", "outcome", "reader"},
    "devices": CONTRACT | {"files"},
    "slots": CONTRACT | {"files", "opening", "processes", "reader", "devices", "settings", "status"},
    "room": CONTRACT | {"files", "opening", "launch", "reader", "devices", "status"},
    "audit": CONTRACT | {"files"},
    "trash": CONTRACT | {"audit", "opening", "reader", "status"},
    "alerts": CONTRACT | {"files", "rules", "diagnosis", "series"},
    "acks": CONTRACT | {"audit", "files", "opening", "alerts", "reader"},
    "summaries": CONTRACT | {"files", "reader", "diagnosis", "alerts"},
    "launch": CONTRACT | {"files", "provenance", "origin"},
    "stopplan": CONTRACT | {"launch", "relaunch", "status"},
    "relaunch": CONTRACT | {"files", "launch", "origin", "provenance", "comparison"},
    "settings": CONTRACT | {"rules"},
    "serving": CONTRACT | {"files", "processes"},
    "away": CONTRACT | {"audit", "files", "launch"},
    "notify": JUDGEMENT | {"guarded", "files", "settings", "serving", "report", "reader"},
    "launcher": DISK | {"audit", "status", "relaunch", "settings", "origin", "provenance", "devices", "slots", "room"},
    "attaching": DISK | {"audit", "importers", "launcher", "origin", "relaunch", "settings"},
    "supervisor": DISK
    | {"guarded", "slots"}
    | {"audit", "origin", "status", "diagnosis", "alerts", "ledger", "settings", "notify", "away"}
    | {"importers", "launcher", "prescriptions", "relaunch"},
    "watching": DISK | {"opening", "status", "settings", "launcher", "supervisor"},
    "integrations": CONTRACT | {"files", "writer", "field_names"},
    "importers": CONTRACT | {"files", "opening", "writer", "processes", "field_names"},
    "view": JUDGEMENT
    | {"guarded", "away", "alignment", "forecast", "report", "replay", "comparison", "outcome"}
    | {"files", "opening", "processes", "reader", "alerts", "summaries", "ledger", "trash"},
    "ui": DISK
    | {
        "audit",
        "guarded",
        "attaching",
        "away",
        "importers",
        "status",
        "diagnosis",
        "launcher",
        "relaunch",
        "acks",
        "trash",
        "ledger",
        "devices",
        "summaries",
        "serving",
        "stopplan",
    }
    | {"view", "replay", "prescriptions", "report"},
    "cli": {"errors", "commands", "audit"},
    "commands": None,
}
"""Room -> rooms that it may import; None may import every room (a verb puts rooms together)."""


def modules(top: str) -> list[Path]:
    return sorted(path for path in (ROOT / top).rglob("*.py") if "__pycache__" not in path.parts)


def room_of(path: Path) -> str:
    """The room of a file in monitor/: its folder, or its name up to the first underscore-free family name."""
    parts = path.relative_to(ROOT / "monitor").with_suffix("").parts
    return parts[0]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions, as dotted names."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports, so that the house can be read"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return names


def rooms_imported(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.startswith("monitor.")}


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_a_room_imports_only_what_the_table_allows(room):
    files = [path for path in modules("monitor") if room_of(path) == room]
    known = {room_of(path) for path in modules("monitor")}
    allowed = known if MAY_IMPORT[room] is None else MAY_IMPORT[room]
    for path in files:
        strangers = (rooms_imported(path) & known) - allowed - {room}
        assert set() == strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_the_table_names_every_room_and_no_other():
    assert {room_of(path) for path in modules("monitor")} == set(MAY_IMPORT)


def test_a_rule_never_imports_another_rule_nor_touches_files_or_clock():
    for path in modules("monitor/rules"):
        if path.name in {"__init__.py", "registry.py", "result.py", "thresholds.py"}:
            continue
        names = imported(path)
        shared = {"result", "thresholds", "episodes", "evaluations", "rising", "flags", "grown"}
        ours = {name.split(".")[2] for name in names if name.startswith("monitor.rules.")}
        others = {part for part in ours if (ROOT / "monitor" / "rules" / f"{part}.py").exists()} - shared
        assert set() == others, f"{path.name} imports another rule: {sorted(others)}"
        assert not names & {"time", "datetime", "pathlib", "os", "io", "subprocess"}, path.name


def test_the_trainer_knows_of_the_monitor_only_the_contract_and_the_writer():
    for path in modules("trainer"):
        strangers = rooms_imported(path) - {"run_dir", "writer", "control", "errors", "floors", "files", "opening"}
        assert set() == strangers, f"{path.relative_to(ROOT)} imports {sorted(strangers)}"


def test_only_the_page_knows_streamlit_and_nothing_in_the_monitor_knows_torch():
    for path in modules("monitor"):
        tops = {name.split(".")[0] for name in imported(path)}
        assert "torch" not in tops and "trainer" not in tops, path
        if room_of(path) != "ui":
            assert "streamlit" not in tops, path


def test_the_view_cannot_control_a_run():
    for path in modules("monitor"):
        if room_of(path).startswith("view"):
            assert not rooms_imported(path) & {"control", "launcher", "supervisor"}, path


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
    assert not loaded_after("import monitor.writer") & heavy


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
    written = ["errors", "run_dir", "opening", "files", "processes", "control", "field_names"]
    written += ["launch", "origin", "provenance", "serving"]
    paths = [ROOT / "monitor" / f"{name}.py" for name in written]
    paths += modules("monitor/writer") + modules("monitor/integrations")
    closure = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths}
    for path in paths:
        ours = {name for name in imported(path) if name.startswith("monitor.")}
        modules_of = {name for name in ours if is_module(name)}
        assert modules_of <= closure, f"{path} imports more than is checked here: {modules_of - closure}"
    command = [
        sys.executable,
        "-c",
        "import vermin; vermin.main()",
        "-t=3.10-",
        "--no-tips",
        "--violations",
        *map(str, paths),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def is_module(dotted: str) -> bool:
    place = ROOT / dotted.replace(".", "/")
    return place.with_suffix(".py").exists() or (place / "__init__.py").exists()


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
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return names
