"""Jobs of SLURM without one: the script, the answers of its programs, the words, and what a run directory may claim.

tests/cluster/ does the same with a real SLURM.
"""

import os
import time
from pathlib import Path

import msgspec
import pytest

from monitor.diagnosis.failures import failure_of
from monitor.launcher import status
from monitor.launcher.engines import queues, slurm
from monitor.launcher.engines.submitting import array_of, in_job, job_order
from monitor.run_dir import (
    PROGRESS_FILE,
    STATE_FILE,
    Identity,
    JobOrder,
    JobPlace,
    JobSeen,
    Launch,
    Snapshot,
    State,
    encode,
    files,
    job_words,
    jobs,
)
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import in_processes, job_of, read_state
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from tests.fake_runs import healthy

NOW = 1_800_000_000.0
ELSEWHERE = Identity(host="n1", boot_id="of-n1", pid_namespace="pid:[1]", pid=7, start_ticks=7)
LINES = (
    "17|PENDING|2027-01-15T08:30:00|N/A|gpu||0|0|Priority|/data/my runs|/demo|\n"
    "18|RUNNING|2027-01-15T08:00:00|2027-01-16T08:00:00|gpu|n1|2|0|None|/data/b|\n"
    "19|TIMEOUT|2027-01-15T06:00:00|2027-01-15T07:00:00|gpu|n1|0|15|TimeLimit|/data/c|\n"
    "20_3|PENDING|N/A|N/A|gpu||0|0|Priority|/data/d|\n"
    "garbage\n"
)


def script_for(**changes) -> str:
    asked = {"partition": "gpu", "gpus": 2, "time_limit": "12:00:00", "nodes": 1, "nproc": 1, "sbatch": "", **changes}
    launch = Launch(run_id="demo", created_at=NOW, argv=["python", "train.py"], job=job_order(**asked))
    return slurm.script(Path("/data/my runs/demo"), launch)


def test_the_script_asks_for_what_was_asked_and_quotes_what_needs_it():
    lines = script_for(sbatch='-A lab --comment="two words"').splitlines()
    assert lines[0] == "#!/bin/bash"
    for line in (
        "#SBATCH --partition=gpu",
        "#SBATCH --gpus-per-node=2",
        "#SBATCH --time=12:00:00",
        "#SBATCH --signal=B:USR1@120",
        "#SBATCH --requeue",
        '#SBATCH -A lab "--comment=two words"',
        '#SBATCH --chdir="/data/my runs/demo"',
        "#   python train.py",
    ):
        assert line in lines
    assert lines[-1].endswith("-m monitor.supervisor '/data/my runs/demo' --job")
    assert "PET_RDZV" not in "".join(lines)


def test_an_array_has_a_log_and_a_supervisor_in_each_runs_own_folder():
    launch = Launch(run_id="x-2", created_at=NOW, argv=["python", "train.py"], job=job_order("gpu", 1, "", 1, 1, ""))
    members = {place: (Path(f"/data/my 5% runs/x-{place}"), launch) for place in (2, 13)}
    lines = slurm.array_script(members).splitlines()
    assert "#SBATCH --array=2,13" in lines and '#SBATCH --chdir="/data/my 5% runs"' in lines
    assert '#SBATCH --output="/data/my 5%% runs/x-%a/job.log"' in lines
    assert lines[-1].endswith("""-m monitor.supervisor '/data/my 5% runs/x-'"$SLURM_ARRAY_TASK_ID" --job""")


def test_only_runs_of_slurm_with_one_stem_and_a_number_are_an_array():
    slurms, rays = job_order("", 0, "", 1, 1, ""), JobOrder(engine="ray")
    runs = [Path("/data/x-2"), Path("/data/x-3")]
    assert array_of(runs, slurms) == {2: runs[0], 3: runs[1]}
    for others in (
        [],
        runs[:1],
        [runs[0], Path("/data/y-3")],
        [runs[0], Path("/else/x-3")],
        [runs[0], Path("/data/x")],
    ):
        assert array_of(others, slurms) == {}
    assert array_of([runs[0], Path("/data/x-03")], slurms) == {} == array_of(runs, rays) == array_of(runs, None)


def test_a_job_of_an_array_is_called_by_its_place():
    place = {"SLURM_JOB_ID": "19", "SLURM_ARRAY_JOB_ID": "17", "SLURM_ARRAY_TASK_ID": "3"}
    assert job_of(place)["job_id"] == "17_3" and job_of({"SLURM_JOB_ID": "19"})["job_id"] == "19"


def test_over_nodes_srun_starts_one_torchrun_on_each_and_all_meet_at_the_first():
    order = job_order("gpu", 4, "1:00:00", 2, 4, "")
    argv = in_job(in_processes(["python", "train.py", "--lr", "1"], 4), order)
    assert argv[:5] == ["srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--kill-on-bad-exit=1"]
    assert argv[5:] == [
        *["python", "-m", "torch.distributed.run", "--nnodes=2", "--rdzv-backend=c10d", "--nproc-per-node=4"],
        *["train.py", "--lr", "1"],
    ]
    assert 'export PET_RDZV_ENDPOINT="$(hostname):' in script_for(nodes=2, nproc=4)
    assert in_job(["python", "train.py"], None) == ["python", "train.py"]


@pytest.mark.parametrize(
    ("text", "secs"), [("", 120), ("12:00:00", 120), ("90", 120), ("4", 60), ("1", 15), ("0:20", 5), ("1-2", 120)]
)
def test_the_warning_comes_two_minutes_before_the_limit_and_sooner_in_a_short_job(text, secs):
    assert job_order("", 0, text, 1, 1, "").signal_secs == secs


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"partition": "gpu; rm"}, "--partition gpu; rm: must be the name"),
        ({"time_limit": "soon"}, "--time soon: must be"),
        ({"sbatch": "--comment='a"}, "No closing quotation"),
        ({"sbatch": "--comment=a\nscancel"}, "line ends and control characters are not allowed"),
    ],
)
def test_what_no_script_can_hold_is_refused(asked, said):
    with pytest.raises(UsageError, match=said):
        script_for(**asked)


def test_the_answer_of_squeue_is_read_and_what_is_no_job_is_left_out():
    found = {seen.job_id: seen for seen in slurm.parsed(LINES.splitlines(), NOW)}
    assert set(found) == {"17", "18", "19", "20_3"}
    assert (found["17"].state, found["17"].reason, found["17"].run_dir) == (
        "PENDING",
        "Priority",
        "/data/my runs|/demo",
    )
    assert found["17"].starts_at == time.mktime((2027, 1, 15, 8, 30, 0, 0, 0, -1))
    assert (found["18"].restarts, found["18"].ended_at) == (2, None)
    assert found["19"].ended_at is not None and found["19"].exit_status == "15"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("sbatch: error: Batch job submission failed: Requested time limit is invalid", "that time limit"),
        ("sbatch: error: Batch job submission failed: Job violates accounting/QOS policy", "limit of your account"),
        ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", "controller does not answer"),
        ("sbatch: error: If munged is up, try this\nsbatch: error: Munge encode failed", "munged does not run"),
        (
            "sbatch: error: fetch_config: DNS SRV lookup failed\n"
            "sbatch: fatal: Could not establish a configuration source",
            "refused: Could not establish a configuration source. This machine belongs to no cluster",
        ),
        ("sbatch: error: something new", "something new."),
    ],
)
def test_an_error_is_a_sentence_with_what_it_means(said, meant):
    text = slurm.sentence("sbatch", said)
    assert text.startswith("sbatch refused: ") and meant in text and "error:" not in text


def seen(state: str, **more) -> JobSeen:
    return JobSeen(job_id="17", run_dir="/runs/demo", state=state, **more)


def snapshot_with(job: JobSeen | None, state: str = "queued", restarts: int = 0) -> Snapshot:
    place = JobPlace(job_id="17", submitted_at=NOW - 60, restarts=restarts)
    known = State(state=state, updated_at=NOW - 60, job=place)
    return Snapshot(run_dir="/runs/demo", run_id="demo", read_at=NOW, state=known, job=job)


def test_a_job_that_waits_says_why_and_when():
    held = status_of(snapshot_with(seen("PENDING", reason="JobHeldUser", partition="gpu")))
    assert (held.word, held.live) == ("queued", True)
    assert held.evidence == (
        "SLURM job 17 waits in partition gpu: JobHeldUser (its user holds it; scontrol release 17 lets it start)."
    )
    later = status_of(snapshot_with(seen("PENDING", reason="QOSMaxJobsPerUserLimit", starts_at=NOW + 7200))).evidence
    assert "waits: QOSMaxJobsPerUserLimit. Estimated start" in later and later.endswith("in 2 h.")
    assert status_of(snapshot_with(None)).evidence.endswith("its queue is not read here.")
    assert "has not been read yet" in status_of(snapshot_with(seen(""))).evidence


def test_a_run_whose_processes_are_gone_is_not_lost_before_the_engine_has_said_how_its_job_ended():
    gone = {"trainer_liveness": "gone", "supervisor_liveness": "gone"}
    ending = snapshot_with(seen("COMPLETING", nodes="n1"), state="running")
    said = status_of(msgspec.structs.replace(ending, **gone))
    assert (said.word, said.live) == ("running", True)
    assert said.evidence == "Its processes are gone; how SLURM job 17 on n1 ended is not reported yet (COMPLETING)."
    ended = snapshot_with(seen("PREEMPTED", nodes="n1", ended_at=NOW - 5), state="running")
    assert status_of(msgspec.structs.replace(ended, **gone)).word == "failed"
    stored = snapshot_with(seen("COMPLETING", nodes="n1"), state="stopped")
    assert status_of(msgspec.structs.replace(stored, **gone)).word == "stopped"


def test_an_old_answer_does_not_put_a_run_at_work_back_into_the_queue():
    old = snapshot_with(seen("PENDING", restarts=1), state="running", restarts=1)
    again = snapshot_with(seen("PENDING", restarts=2), state="running", restarts=1)
    assert status_of(msgspec.structs.replace(old, supervisor_liveness="unknown")).word != "queued"
    assert status_of(again).word == "queued"
    assert status_of(snapshot_with(seen("RUNNING", nodes="n1"))).word == "starting"


@pytest.mark.parametrize(
    ("state", "word", "said", "cause"),
    [
        ("TIMEOUT", "failed", "it reached its time limit", "scheduler"),
        ("NODE_FAIL", "failed", "its node failed", "node"),
        ("OUT_OF_MEMORY", "failed", "more memory than the job has", "host_memory"),
        ("PREEMPTED", "failed", "another job of a higher priority took its place", "scheduler"),
        ("FAILED", "failed", "it failed", "job"),
        ("CANCELLED", "stopped", "it was cancelled", None),
        ("COMPLETED", "lost", "its script ended", None),
        ("GONE", "lost", "does not know job 17 any more", None),
    ],
)
def test_an_end_has_its_word_and_cause(state, word, said, cause):
    snapshot = snapshot_with(seen(state, ended_at=NOW - 120), state="running")
    assert status_of(snapshot).word == word and said in status_of(snapshot).evidence
    failure = failure_of(snapshot)
    assert (failure.name if failure is not None else None) == cause


def test_files_that_a_network_disk_shows_late_make_no_run_lost(runs, own_state):
    run_dir = healthy(runs)
    place = JobPlace(job_id="17", submitted_at=NOW - 60)
    old = State(state="running", updated_at=NOW - 30, job=place, trainer=ELSEWHERE)
    final = msgspec.structs.replace(old, state="finished", updated_at=NOW, ended_at=NOW, exit_code=0)
    files.replace(run_dir / STATE_FILE, encode(old))
    (run_dir / PROGRESS_FILE).unlink()
    mine = msgspec.structs.replace(seen("COMPLETED", ended_at=NOW), run_dir=str(run_dir.resolve()))
    jobs.change(lambda book: msgspec.structs.replace(book, jobs={"17": mine}))
    said = status_of(RunReader(run_dir).read(NOW + 5))
    assert (said.word, said.live) == ("running", True) and "has just ended by itself (COMPLETED)" in said.evidence
    assert status_of(RunReader(run_dir).read(NOW + 61)).word == "lost"
    files.replace(run_dir / STATE_FILE, encode(final))  # the copy that was late
    assert status_of(RunReader(run_dir).read(NOW + 5)).word == "finished"


@pytest.mark.parametrize("skew", [-7200.0, -90.0, 90.0, 7200.0])
def test_a_node_whose_clock_is_off_is_neither_lost_nor_queued_again(skew):
    """Its files are dated by the node, the queue by the controller, and this machine reads them at NOW."""
    running = snapshot_with(seen("RUNNING", nodes="n1"), state="running")
    state = msgspec.structs.replace(running.state, updated_at=NOW + skew, started_at=NOW + skew, trainer=ELSEWHERE)
    known = msgspec.structs.replace(running, state=state, trainer_liveness="unknown", supervisor_liveness="unknown")
    said = status_of(known)
    assert (said.word, said.live, said.unseen) == ("running", True, True)
    assert ("whose clock is" in said.evidence) == (skew > 0)
    waits = snapshot_with(seen("PENDING", reason="Priority", starts_at=NOW + skew))
    assert ("Estimated start" in status_of(waits).evidence) == (skew > 0)


def test_a_final_state_stands_whatever_became_of_the_job():
    for word in ("finished", "stopped", "failed"):
        assert status_of(snapshot_with(seen("CANCELLED", ended_at=NOW), state=word)).word == word


def test_a_controller_that_is_down_is_said_and_ends_nothing():
    down = seen("PENDING", reason="Priority", problem="no answer", problem_at=NOW - 120)
    said = status_of(snapshot_with(down))
    assert said.word == "queued" and "SLURM has not answered since" in said.evidence


def queued_run(runs, job_id="17"):
    run_dir = healthy(runs)
    state = State(state="queued", updated_at=NOW, job=JobPlace(job_id=job_id))
    files.replace(run_dir / STATE_FILE, encode(state))
    return run_dir


def test_a_run_directory_cannot_claim_the_job_of_another(runs, own_state):
    run_dir = queued_run(runs)
    jobs.change(lambda book: msgspec.structs.replace(book, jobs={"17": seen("PENDING", reason="Priority")}))
    assert jobs.seen(run_dir, read_state(run_dir)) is None
    assert "its queue is not read here" in status(run_dir).evidence
    mine = msgspec.structs.replace(seen("PENDING", reason="Priority"), run_dir=str(run_dir.resolve()))
    jobs.change(lambda book: msgspec.structs.replace(book, jobs={"17": mine}))
    assert "Priority" in status(run_dir).evidence


def test_a_job_number_is_digits_or_the_record_is_none(runs, own_state):
    run_dir = queued_run(runs)
    text = (run_dir / STATE_FILE).read_bytes()
    for number in (b"17; touch x", b"--all", b"", b"17_", b"_3", b"17_3_4", "١٧".encode()):
        (run_dir / STATE_FILE).write_bytes(text.replace(b'"17"', b'"' + number + b'"'))
        assert read_state(run_dir) is None
    with pytest.raises(RefusedError, match="is no job number"):
        slurm.cancel("--me")


DISABLED = "echo 'Slurm accounting storage is disabled' >&2; exit 1"
SILENT = "echo 'sacct: error: Problem talking to the database: Connection refused' >&2; exit 1"


def fake(tmp_path, monkeypatch, answer: str, code: int = 0, sacct: str = DISABLED):
    """A squeue and a sacct that count their calls."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    (folder / "answer").write_text(answer)
    for name, rest in (("squeue", f"cat {folder}/answer; exit {code}"), ("sacct", sacct)):
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{folder}/calls\n{rest}\n')
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "calls"


def test_the_queue_is_read_once_in_15_s_for_all_runs_and_not_at_all_without_a_job(
    tmp_path, runs, own_state, monkeypatch
):
    calls = fake(tmp_path, monkeypatch, LINES)
    queues.look()
    assert not calls.exists()  # no run of this user is a job
    run_dir = queued_run(runs)
    queues.remember("17", run_dir, JobOrder())
    queues.remember("18", run_dir, JobOrder())
    for _ in range(10):
        queues.look()
    queue, accounts = calls.read_text().splitlines()
    assert queue.startswith("squeue --me --array --states=all") and accounts.endswith("--jobs=17,18")
    assert str(runs) not in queue + accounts  # nothing of a run is passed on
    assert {each.state for each in jobs.book().jobs.values()} == {"GONE"}  # those numbers are other folders' jobs


def test_a_squeue_that_fails_leaves_the_last_answer_and_says_so(tmp_path, runs, own_state, monkeypatch):
    run_dir = queued_run(runs)
    queues.remember("17", run_dir, JobOrder())
    fake(tmp_path, monkeypatch, "", code=1)
    queues.look()
    assert jobs.book().jobs["17"].state == "" and "squeue refused" in jobs.book().jobs["17"].problem
    assert "SLURM has not answered since" in status(run_dir).evidence


def look_again(tmp_path, monkeypatch, squeue: str, sacct: str) -> JobSeen:
    """What is known of job 17 after a look at these answers."""
    fake(tmp_path, monkeypatch, squeue, sacct=sacct)
    monkeypatch.setattr(queues, "ASK_EVERY_SECS", 0.0)
    queues.look()
    return jobs.book().jobs["17"]


def test_who_cancelled_a_job_is_told_by_the_accounting_once_it_knows(tmp_path, runs, own_state, monkeypatch):
    run_dir = queued_run(runs).resolve()
    (run_dir / PROGRESS_FILE).unlink()
    queues.remember("17", run_dir, JobOrder())
    times = "2027-01-15T08:00:00|2027-01-15T08:30:00"
    queue = f"17|CANCELLED|{times}|gpu|n1|1|0|None|{run_dir}|\n"
    behind = f"17|RUNNING|2027-01-15T08:00:00|Unknown|gpu|n1|0:0|None|{run_dir}|"
    half = f"17|CANCELLED by 0|{times}||n1|0:0|None||"
    for said in (behind, half):  # both were seen of a real one
        early = look_again(tmp_path, monkeypatch, queue, f"echo '{said}'")
        assert (early.state, early.cancelled_by, early.ended_at) == ("CANCELLED", "", None)
    now = look_again(
        tmp_path, monkeypatch, queue, f"echo '{half.replace('||n1', '|gpu|n1').replace('||', f'|{run_dir}|')}'"
    )
    assert (now.state, now.cancelled_by, now.nodes) == ("CANCELLED", "root", "n1") and now.ended_at is not None
    assert "(CANCELLED): it was cancelled by root, and the run left no outcome." in status(run_dir).evidence


def test_a_job_that_left_the_queue_has_its_end_from_the_accounting_and_of_its_own_folder(
    tmp_path, runs, own_state, monkeypatch
):
    run_dir = queued_run(runs).resolve()
    (run_dir / PROGRESS_FILE).unlink()
    queues.remember("17", run_dir, JobOrder())
    row = "17|NODE_FAIL|2027-01-15T08:00:00|2027-01-15T08:30:00|gpu|None assigned|1:0|None|{}|"
    other = look_again(tmp_path, monkeypatch, "", f"echo '{row.format('/data/other')}'")
    assert other.ended_at is None and "does not say yet how it ended" in other.problem
    found = look_again(tmp_path, monkeypatch, "", f"echo '{row.format(run_dir)}'")
    assert (found.state, found.nodes, found.exit_status) == ("NODE_FAIL", "", "1:0")
    assert status(run_dir).word == "failed" and "its node failed with exit status 1:0" in status(run_dir).evidence


def test_an_accounting_that_is_silent_is_waited_for_ten_minutes_and_one_that_is_not_there_not_at_all(
    tmp_path, runs, own_state, monkeypatch
):
    run_dir = queued_run(runs).resolve()
    (run_dir / PROGRESS_FILE).unlink()
    queues.remember("17", run_dir, JobOrder())
    silent = look_again(tmp_path, monkeypatch, "", SILENT)
    assert silent.ended_at is None and "Problem talking to the database: Connection refused" in silent.problem
    assert status(run_dir).word == "queued" and "SLURM has not answered since" in status(run_dir).evidence
    long_ago = msgspec.structs.replace(silent, problem_at=silent.problem_at - slurm.LATE_SECS)
    jobs.change(lambda book: msgspec.structs.replace(book, jobs={"17": long_ago}))
    assert look_again(tmp_path, monkeypatch, "", SILENT).state == "GONE"
    queues.remember("17", run_dir, JobOrder())
    assert look_again(tmp_path, monkeypatch, "", DISABLED).state == "GONE"
    assert status(run_dir).word == "lost"


def test_a_run_on_another_node_says_that_its_engine_is_silent():
    quiet = seen("RUNNING", nodes="n1", problem="no answer", problem_at=NOW - 120)
    known = snapshot_with(quiet, state="running")
    state = msgspec.structs.replace(known.state, trainer=ELSEWHERE)
    said = status_of(msgspec.structs.replace(known, state=state, trainer_liveness="unknown"))
    assert said.unseen and "cannot be seen from here. SLURM has not answered since" in said.evidence


def test_every_reason_and_end_is_a_clause():
    for text in [*job_words.REASONS.values(), *(text for ends in job_words.ENDS.values() for text in ends.values())]:
        assert text[0].islower() and not text.endswith(".")
