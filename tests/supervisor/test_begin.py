"""How a supervision begins: what is refused, and what ends before a trainer was started. No trainer runs here."""

import msgspec
import pytest

from monitor.run_dir import LAUNCH_FILE, STATE_FILE, Progress, State, encode
from monitor.run_dir.errors import RefusedError, UnreadableRunError
from monitor.run_dir.launch import Order, launch_of, read_launch, read_state
from monitor.run_dir.processes import identify
from monitor.run_dir.seal import fact_of, write_sealed
from monitor.supervisor.begin import begin

pytestmark = pytest.mark.usefixtures("own_state")


@pytest.fixture
def sealed(tmp_path):
    """`sealed(state, argv=…, may_start=…)`: the directory of a run that this user has sealed."""

    def one(state: State | None = None, *, argv: tuple[str, ...] = ("true",), **known):
        run_dir = tmp_path / "r"
        run_dir.mkdir()
        launch = launch_of(Order(list(argv), tmp_path), "r", 1.0)
        write_sealed(run_dir, launch, **known)
        if state is not None:
            (run_dir / STATE_FILE).write_bytes(encode(state))
        return run_dir

    return one


def begun(run_dir, mode="start", *, after_parent=False):
    """(what began, what the caller was told)."""
    told = []
    return begin(run_dir, mode, after_parent, told.append, lambda: False), told


def refused(run_dir, mode, words):
    with pytest.raises(RefusedError, match=words):
        begun(run_dir, mode)


def test_without_a_launch_there_is_nothing_to_start(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"holds no launch\.json: there is nothing to start\.$"):
        begun(tmp_path)


def test_what_this_user_has_not_sealed_for_this_folder_is_not_executed(sealed, tmp_path):
    run_dir = sealed(may_start=1)
    run_dir.rename(tmp_path / "moved")
    refused(tmp_path / "moved", "start", "This command is yours, but its folder was renamed")
    launch = read_launch(tmp_path / "moved")
    (tmp_path / "moved" / LAUNCH_FILE).write_bytes(encode(msgspec.structs.replace(launch, argv=["touch", "x"])))
    refused(tmp_path / "moved", "resume", r"^This run was not started by you .*, or its launch\.json was edited\.")


@pytest.mark.parametrize(
    ("may_start", "state"), [(0, None), (2, None), (1, State(state="failed")), (1, State(state="running"))]
)
def test_a_start_happens_once(sealed, may_start, state):
    refused(sealed(state, may_start=may_start), "start", r"^r has been started already; resume or restart it\.$")


@pytest.mark.parametrize("kept_by", ["state", "progress"])
def test_a_resume_is_refused_while_the_trainer_may_be_alive(sealed, kept_by):
    me = identify()
    run_dir = sealed(State(state="failed", trainer=me if kept_by == "state" else None))
    if kept_by == "progress":
        (run_dir / "progress.json").write_bytes(encode(Progress(heartbeat_at=1.0, process=me)))
    refused(run_dir, "resume", rf"^r is still running \(pid {me.pid}\); stop it first\.$")


def test_a_resume_is_one_generation_more_than_ever_before(sealed):
    run_dir = sealed(State(state="stopped", generation=2), argv=("/no/such/program",))
    (run_dir / "progress.json").write_bytes(encode(Progress(heartbeat_at=1.0, generation=4)))
    supervision, told = begun(run_dir, "resume")
    assert supervision is None and told == [""], "the caller is released; the state tells the rest"
    state = read_state(run_dir)
    assert (state.state, state.generation) == ("failed", 5) and "/no/such/program" in state.error


def test_another_job_starts_nothing(sealed, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "8")
    refused(sealed(job="7", may_start=1), "job", r"^Job 8 is not the one that was submitted for r")


def test_a_finished_run_is_not_started_by_its_job_again(sealed, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    refused(sealed(State(state="finished"), job="7"), "job", r"^r has finished; the engine started its job again")


@pytest.mark.parametrize("state", [None, State(state="finished"), State(state="failed"), State(state="stopped")])
def test_nothing_is_adopted_where_nothing_runs(sealed, state):
    run_dir = sealed(state)
    assert begun(run_dir, "adopt") == (None, [""]) and read_state(run_dir) == state


def test_a_trainer_whose_process_was_not_noted_has_not_run(sealed):
    run_dir = sealed(State(state="starting"))
    assert begun(run_dir, "adopt") == (None, [""])
    state = read_state(run_dir)
    assert (state.state, state.error) == ("failed", "Its supervisor ended before the trainer was started.")


def test_a_queued_run_that_waits_for_nothing_is_refused(sealed):
    refused(sealed(State(state="queued"), may_start=1), "adopt", r"is queued, but names nothing to wait for\.$")


def test_a_process_that_was_not_started_for_the_run_is_not_adopted(sealed):
    run_dir = sealed(State(state="running", trainer=identify()), started=1)
    refused(run_dir, "adopt", r"is not the one that was started for .*its state\.json is ignored\.$")
    assert read_state(run_dir).state == "running"


def test_a_trainer_of_another_machine_is_adopted_there(sealed):
    far = msgspec.structs.replace(identify(), host="gpu3", boot_id="other")
    refused(
        sealed(State(state="running", trainer=far)), "adopt", r"^r runs on gpu3 \(pid \d+\); it can only be adopted"
    )


def test_a_start_that_failed_is_spent(sealed):
    run_dir = sealed(may_start=1, argv=("/no/such/program",))
    assert begun(run_dir)[0] is None
    refused(run_dir, "start", "has been started already")
    fact = fact_of(read_launch(run_dir), run_dir)
    assert (fact.may_start, fact.started) == (0, 1)
