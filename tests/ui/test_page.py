"""The page's script (monitor.ui.page.page): what a click asks for, and who may ask for it."""

import shutil
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import monitor
from monitor.launcher import existing
from monitor.run_dir import audit
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import Folder, Folders
from monitor.ui.messages import PageData
from monitor.writer import RunWriter
from tests.ui.dialogs.screen import REFUSED, Asked, Screen

SCRIPT = Path(monitor.__file__).parent / "ui" / "page" / "page.py"
REST = set(PageData.__struct_fields__) - {"run", "role"}
DIALOGS = ("start", "follow", "stop_several", "label_run", "seeds", "stop", "confirm_reading", "resume", "away")


@pytest.fixture(scope="module")
def two_runs_once(tmp_path_factory):
    """A folder with the runs `one` and `two`, each of one evaluation; nothing is written into it."""
    folder = tmp_path_factory.mktemp("page") / "runs"
    for name in ("one", "two"):
        with RunWriter(folder / name, config={"dropout": 0.3}) as run:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=0.5)
    return folder


@pytest.fixture
def page(monkeypatch, two_runs_once, tmp_path):
    """The script's functions, which `main()` at its end would run at once, with a stand-in for Streamlit."""
    two_runs = shutil.copytree(two_runs_once, tmp_path / "runs")
    source = SCRIPT.read_text(encoding="utf-8")
    assert source.endswith("\nmain()\n")
    module = ModuleType("monitor.ui.page.page")
    exec(compile(source.removesuffix("main()\n"), SCRIPT, "exec"), module.__dict__)
    module.st, module.opened = Screen(), {}
    module.st.session_state = {}
    for name in (*DIALOGS, "restart", "act_elsewhere", "archive", "take_back", "act_there_now", "acknowledge"):
        module.opened[name] = Asked()
        setattr(module, name, module.opened[name])
    for name in ("act", "at_once"):
        setattr(module, name, lambda what: what())
    module.asked_by, module.way_now, module.holder_now = (lambda: "ana"), (lambda: "the page"), (lambda: "")
    module.runs, module.folders = two_runs, Folders((Folder("", two_runs),))
    monkeypatch.setattr(module, "served", lambda: module.folders)
    return module


def act(page, action, run_id=None, role="control"):
    page._act(action, page.folders, page.runs, run_id, role)


def opened(page):
    return {name: asked.calls[0][0] for name, asked in page.opened.items() if asked.calls}


def test_anyone_may_go_to_a_run_to_a_comparison_and_home(page):
    act(page, {"kind": "open", "run": "two"}, role="look")
    assert page.st.query_params == {"run": "two"} and page.st.reruns == 1
    act(page, {"kind": "compare", "run": "one", "with": ["two", "nobody", "../x"]}, role="look")
    assert page.st.query_params == {"run": "one", "tab": "compare", "with": "two"}
    act(page, {"kind": "home"}, role="look")
    assert page.st.query_params == {} and page.st.reruns == 3 and opened(page) == {}


def test_a_run_of_another_folder_is_not_compared(page, tmp_path):
    other = shutil.copytree(page.runs / "two", tmp_path / "far" / "far").parent
    page.folders = Folders((Folder("here", page.runs), Folder("there", other)))
    act(page, {"kind": "compare", "run": "here:one", "with": ["here:two", "there:far"]})
    assert page.st.query_params == {"run": "here:one", "tab": "compare", "with": "two"}


@pytest.mark.parametrize("name", ["nobody", "../one", None, 7, "a:b:c"])
def test_what_is_no_run_is_not_opened(name, page):
    act(page, {"kind": "open", "run": name})
    assert page.st.query_params == {} and page.st.reruns == 0


@pytest.mark.parametrize(
    "kind", ["start", "follow_log", "demo", "stop_several", "label", "seeds", "archive", "stop", "restart", "ack", None]
)
def test_who_may_only_look_opens_nothing_and_is_noted_once(kind, page):
    for _ in range(2):
        act(page, {"kind": kind, "runs": ["one"]}, "one", role="look")
    assert opened(page) == {} and page.st.said == []
    (noted,) = audit.read(page.runs)
    assert (noted.verb, noted.result, noted.why) == (str(kind), "refused", "This link is view-only.")


@pytest.mark.parametrize(
    ("action", "name", "wanted"),
    [
        ({"kind": "start"}, "start", []),
        ({"kind": "follow_log"}, "follow", []),
        ({"kind": "stop_several", "runs": ["two", "nobody", "one"]}, "stop_several", ["two", "one"]),
        ({"kind": "label", "run": "two"}, "label_run", ["two"]),
        ({"kind": "seeds", "child": "two"}, "seeds", ["two"]),
    ],
)
def test_acts_of_the_list_open_their_dialog(action, name, wanted, page):
    act(page, action)
    ((asked, args),) = opened(page).items()
    given = [each.name for each in args[0]] if name == "stop_several" else list(args[1:])
    assert asked == name and given == wanted
    assert name == "stop_several" or args[0] == page.runs


def test_a_demo_is_the_broken_preset_and_its_run_is_shown(page, monkeypatch):
    started = Asked("demo-1")
    monkeypatch.setattr(page.launcher, "start_training", started)
    monkeypatch.setattr(page, "go_to", lambda runs_dir, run_id: page.st.query_params.update(run=run_id))
    act(page, {"kind": "demo"})
    assert started.calls == [((page.runs, {"preset": "broken"}), {"name": "demo", "asked_by": "ana"})]
    assert page.st.query_params == {"run": "demo-1"}


def test_runs_go_into_the_trash_and_back_and_a_refusal_of_one_hinders_no_other(page):
    act(page, {"kind": "archive", "runs": ["one", "two"]})
    assert [args[:2] for args, _ in page.opened["archive"].calls] == [(page.runs, "one"), (page.runs, "two")]
    page.archive = Asked(refusal=RefusedError(REFUSED))
    act(page, {"kind": "archive", "runs": ["one", "two"]})
    assert page.st.texts("toast") == [REFUSED, REFUSED]
    act(page, {"kind": "restore_trashed", "runs": ["one-1"]})
    assert page.opened["take_back"].calls == [((page.runs, "one-1"), {})]
    act(page, {"kind": "archive", "runs": "one"})
    assert len(page.opened["archive"].calls) == 2, "a name alone is no list of them"


def test_a_run_of_another_host_is_put_into_the_trash_there(page, tmp_path):
    page.folders = Folders((Folder("here", page.runs), Folder("gpu", tmp_path / "m", "gpu01", "/there")))
    act(page, {"kind": "archive", "runs": ["gpu:far"]})
    ((place, *words), _) = page.opened["act_there_now"].calls[0]
    assert (place.host, words) == ("gpu01", ["archive", "far"]) and page.opened["archive"].calls == []


def test_an_archive_is_only_read(page):
    page.folders = Folders((Folder("old", page.runs, "", "s3://bucket/runs"),))
    for action in ({"kind": "start"}, {"kind": "label", "run": "one"}, {"kind": "stop_several", "runs": ["one"]}):
        act(page, action)
    assert opened(page) == {} and len(page.st.texts("toast")) == 3
    assert "is only read" in page.st.texts("toast")[0] and "s3" in page.st.texts("toast")[0]


@pytest.mark.parametrize("kind", ["stop", "resume", "away"])
def test_acts_on_the_run_of_the_page_get_what_was_read_of_it(kind, page):
    act(page, {"kind": kind}, "one")
    ((name, (run_dir, snapshot)),) = opened(page).items()
    assert name == kind and run_dir == existing(page.runs, "one") and snapshot.run_id == "one"


def test_a_reading_is_confirmed_and_an_alert_acknowledged(page):
    act(page, {"kind": "confirm_reading"}, "one")
    act(page, {"kind": "ack", "alert": "gap-1"}, "one")
    assert opened(page)["confirm_reading"] == (page.runs / "one",)
    assert opened(page)["acknowledge"][:3] == (page.runs / "one", "gap-1", "ana")


@pytest.mark.parametrize("kind", ["cancel_stop", "hurry_stop", "more_time"])
def test_a_stop_under_way_can_be_changed_at_once(kind, page, monkeypatch):
    assert page.ABOUT_A_STOP[kind] is getattr(page.launcher, kind)
    asked = Asked()
    monkeypatch.setitem(page.ABOUT_A_STOP, kind, asked)
    act(page, {"kind": kind}, "one")
    assert asked.calls == [((page.runs / "one", "ana"), {})]


def test_small_acts_need_no_dialog(page, monkeypatch):
    asked = {name: Asked() for name in ("start_check", "judge_by")}
    for name, each in asked.items():
        monkeypatch.setattr(page.launcher, name, each)
    tested = Asked()
    monkeypatch.setattr(page.messages, "start_test", tested)
    for kind in ("check", "test_messages", "metric"):
        act(page, {"kind": kind, "name": "val_wer"}, "one")
    assert asked["start_check"].calls == tested.calls == [((page.runs / "one",), {})]
    assert asked["judge_by"].calls[0][0][0] == page.runs / "one"


def test_a_restart_takes_a_name_from_the_browser_and_makes_the_values_itself(page):
    act(page, {"kind": "restart", "option": "variety", "changes": {"lr": 9}}, "one")
    run_dir, snapshot, diagnosis, option, live = opened(page)["restart"]
    assert (run_dir.name, snapshot.run_id, option, live) == ("one", "one", "variety", False)
    assert diagnosis.verdict


def test_what_is_unknown_or_about_no_run_does_nothing(page):
    for action, run_id in (
        ({"kind": "dance"}, "one"),
        ({"kind": "stop"}, None),
        ({"kind": "stop"}, "nobody"),
        ({}, None),
    ):
        act(page, action, run_id)
    act(page, {"kind": "stop_several", "runs": "one"})
    assert opened(page) == {} and page.st.said == []


def test_what_is_asked_of_a_run_of_another_host_is_asked_there(page):
    page.folders = Folders((Folder("gpu", page.runs, "gpu01", "/there"),))
    act(page, {"kind": "stop"}, "one")
    kind, action, place, run_dir, snapshot = opened(page)["act_elsewhere"]
    assert (kind, action, place.host) == ("stop", {"kind": "stop"}, "gpu01")
    assert (run_dir.name, snapshot.run_id) == ("one", "one") and "stop" not in opened(page)


def main_with(page, monkeypatch, action, role, run="one"):
    monkeypatch.setattr(page, "role_now", lambda: role)
    monkeypatch.setattr(page, "_data", lambda *_: None)
    monkeypatch.setattr(page, "_mount", lambda _: action)
    page.st.set_page_config = lambda **_: None
    page.st.query_params["run"] = run
    page.main()


@pytest.mark.parametrize(
    ("action", "role", "run", "restarts"),
    [
        (None, "control", "one", True),
        (None, "look", "one", False),
        (None, "control", "two", False),
        ({"kind": "home"}, "control", "one", False),
    ],
)
def test_after_a_stop_the_restart_options_of_that_run_open_once(action, role, run, restarts, page, monkeypatch):
    page.st.session_state[page.THEN_RESTART] = "one"
    main_with(page, monkeypatch, action, role, run)
    assert ("restart" in opened(page)) is restarts
    main_with(page, monkeypatch, None, "look")
    assert len(page.opened["restart"].calls) == restarts


def test_the_component_gives_an_action_only_as_an_object(page, monkeypatch):
    drawn = []
    page.st.components = SimpleNamespace(
        v2=SimpleNamespace(component=lambda *_, **__: lambda **named: drawn.append(named))
    )
    monkeypatch.setattr(page, "base_path", lambda: "")
    monkeypatch.setattr(page.assets, "loader", lambda base: "")
    data = SimpleNamespace(run="one")
    monkeypatch.setattr(page, "msgspec", SimpleNamespace(to_builtins=vars))
    assert page._mount(data) is None and drawn[0]["data"] == {"run": "one"} and drawn[0]["key"] == "vitalsigns"
    for given, taken in (({"kind": "home"}, {"kind": "home"}), ("home", None), (None, None)):
        page.st.components.v2.component = lambda *_, given=given, **__: lambda **_named: SimpleNamespace(action=given)
        assert page._mount(data) == taken


def test_the_data_of_a_session_stay_until_the_run_or_the_role_changes(page, monkeypatch):
    made = []

    def data(address, role, holder):
        made.append((address, role))
        return PageData(run=address, role=role, **dict.fromkeys(REST, ""))

    monkeypatch.setattr(page, "page_data", data)
    monkeypatch.setattr(page, "tunnel", lambda: "ssh -L")
    monkeypatch.setattr(page, "role_at", lambda folder, run_id, role: role)
    monkeypatch.setattr(page, "again", lambda holder: "again")
    first = page._data(page.folders, "one", "control")
    kept = page._data(page.folders, "one", "control")
    assert first.tunnel == "ssh -L" and (kept.run, kept.again) == ("one", "again") and len(made) == 1
    assert page._data(page.folders, "one", "look").tunnel == "" and page._data(page.folders, "two", "look").run == "two"
    assert made == [("one", "control"), ("one", "look"), ("two", "look")]
