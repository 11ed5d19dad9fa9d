"""Runs as jobs of a real SLURM: queued with the reason, run, stopped, put back, restarted, and what goes wrong."""

import asyncio
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.diagnosis.failures import failure_of
from monitor.launcher.devices import MachineWatch
from monitor.launcher.engines import queues
from monitor.launcher.engines.partitions import asked
from monitor.run_dir import JOB_LOG_FILE, JOB_SCRIPT_FILE, control
from monitor.run_dir.audit import read as read_audit
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.reader import RunReader, list_runs
from monitor.supervisor.job import LEAST_SECS
from tests.cluster.conftest import PATIENT_SECS, TRAINS_ON
from tests.served import STREAM, Session, serving
from tests.supervised import FINISHES, LISTENS, script, state_of, wait_for, workers

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]  # each wait ends by itself

ME = pwd.getpwuid(os.getuid()).pw_name

GREEDY = "import time\nheld = bytearray(900_000_000)\ntime.sleep(600)\n"

MEETS = """
import os, time
import torch, torch.distributed as dist
dist.init_process_group("gloo")
seen = torch.ones(1)
dist.all_reduce(seen)
said = f"rank {dist.get_rank()} of {dist.get_world_size()} on {os.environ['SLURMD_NODENAME']} {int(seen)}\\n"
os.write(1, said.encode())  # in one piece: four processes share the log
dist.barrier()
"""


def test_a_run_is_submitted_by_a_script_that_can_be_read_and_finishes_on_its_node(jobs, capsys):
    run_dir = jobs.submit(FINISHES, gpus=1, sbatch="-w n1 --comment='two words'")
    assert state_of(run_dir).state in ("queued", "starting", "running")
    jobs.wait_for(run_dir, "finished")
    script = (run_dir / JOB_SCRIPT_FILE).read_text()
    for line in ("#!/bin/bash", "#SBATCH --partition=main", "#SBATCH --gpus-per-node=1", "#SBATCH --signal=B:USR1@75"):
        assert line in script.splitlines()
    assert "train.py" in script and str(run_dir) in script
    state = state_of(run_dir)
    assert (state.exit_code, state.generation, state.job.restarts) == (0, 1, 0)
    assert read_launch(run_dir).job.partition == "main"
    assert main(["show", "demo", "--runs", str(jobs.runs)]) == 0
    assert "demo: finished." in capsys.readouterr().out


def test_a_run_waits_with_the_reason_of_the_engine_and_leaves_the_queue(jobs):
    full = jobs.submit(LISTENS, name="full", limit="9", sbatch="--exclusive --nodelist=n1")
    jobs.wait_for(full, "running", "starting")
    held = jobs.submit(LISTENS, name="held", sbatch="--hold")
    after = jobs.submit(LISTENS, name="after", sbatch="--exclusive --nodelist=n1")
    jobs.wait_for_words(after, "waits in partition main: (Resources|Priority) [(].*Estimated start")
    text = jobs.status(held).evidence
    assert "JobHeldUser (its user holds it; scontrol release" in text and "in partition main" in text

    asked = launcher.stop(held, "anna")
    assert jobs.status(held).word == "stopped" and jobs.status(held).evidence.startswith("It left the queue")
    assert [each.result for each in control.answers(held, 1) if each.number == asked.number] == ["done"]
    assert jobs.number(held) not in jobs.cluster.run("squeue", "--me", "-h", "-o", "%i").split()
    jobs.cluster.run("scontrol", "release", jobs.number(after))
    jobs.cluster.run("scancel", jobs.number(after))
    said = jobs.wait_for(after, "stopped")
    assert "(CANCELLED): it was cancelled" in said.evidence  # from outside, before it has started


def test_the_page_says_what_the_partitions_have_free(jobs):
    watch = MachineWatch(jobs.runs)
    wait_for(lambda: watch.look().partitions, PATIENT_SECS)
    main = next(each for each in watch.look().partitions if each.name == "main")
    assert (main.nodes, main.cpus, main.gpus) == (2, 16, 4)
    run_dir = jobs.submit(LISTENS, gpus=1)
    jobs.wait_for(run_dir, "running")
    used = next(each for each in asked() if each.name == "main")
    assert used.gpus_free < 4 and used.cpus_free < 16
    launcher.stop(run_dir, "anna")
    jobs.wait_for(run_dir, "stopped")


def test_a_job_is_followed_on_the_live_page_and_stopped_from_it(jobs):
    run_dir = jobs.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), sbatch="--hold")
    with serving(jobs.folder) as there:

        async def looks(tab):
            await tab.send(json.dumps({"kind": "hello", "run": "demo"}))
            seen, epochs = [("", "")], 0
            while epochs < 3 or seen[-1][0] != "running":
                frame = json.loads(await asyncio.wait_for(tab.recv(), PATIENT_SECS))
                if frame["kind"] != "frame":
                    continue
                epochs = max([epochs, *frame["series"]["epochs"]["epoch"]])
                seen.append((frame["status"]["word"], frame["status"]["evidence"]))
                if "JobHeldUser" in seen[-1][1]:
                    jobs.cluster.run("scontrol", "release", jobs.number(run_dir))
            return seen

        seen = there.talk(looks, token=there.look, secs=2 * PATIENT_SECS)
        assert seen[1][0] == "queued" and f"SLURM job {jobs.number(run_dir)} " in seen[1][1]
        assert any("waits in partition main: JobHeldUser" in evidence for _, evidence in seen)
        assert " is alive, heartbeat " in seen[-1][1]

        async def stops(socket):
            session = Session(socket)
            await session.rerun("run=demo")
            await session.act("run=demo", {"kind": "stop"})
            await session.press("run=demo", "confirm_stop")

        there.talk(stops, token=there.control, **STREAM)
        jobs.wait_for(run_dir, "stopped")
    assert state_of(run_dir).exit_code == 0  # by its own door: it finished its step


def test_a_stop_saves_and_a_resume_is_the_next_generation_in_a_new_job(jobs):
    run_dir = jobs.submit(TRAINS_ON, "0.1")
    jobs.wait_for_epochs(run_dir)
    first = jobs.number(run_dir)
    launcher.stop(run_dir, "anna")
    jobs.wait_for(run_dir, "stopped")
    assert state_of(run_dir).stop.asked_by == "anna"
    launcher.resume(jobs.runs, "demo", "anna")
    assert jobs.number(run_dir) != first
    jobs.wait_for(run_dir, "finished")
    assert state_of(run_dir).generation == 2
    epochs = RunReader(run_dir).read(0.0).epochs
    assert [each.epoch for each in epochs] == list(range(1, 41))


def test_a_restart_with_a_change_is_a_job_that_waits_for_its_parents(jobs):
    run_dir = jobs.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), "--lr", "0.1")
    jobs.wait_for_epochs(run_dir)
    plan = launcher.plan_restart(jobs.runs, "demo", {"lr": 0.05}, stop_parent=True, try_first=False)
    child = jobs.runs / launcher.restart(plan, stop_parent=True, asked_by="anna")
    assert f"--dependency=afterany:{jobs.number(run_dir)}" in (child / JOB_SCRIPT_FILE).read_text()
    jobs.wait_for(run_dir, "stopped")
    jobs.wait_for(child, "running")
    assert "0.05" in read_launch(child).argv


def test_a_race_is_one_array_that_waits_for_the_parent_which_is_stopped_once(jobs, capsys):
    parent = jobs.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), "--lr", "0.1")
    jobs.wait_for_epochs(parent)
    words = ["restart", "demo", "--runs", str(jobs.runs), "--set", "lr=0.05", "--set", "lr=0.2", "--no-try", "--yes"]
    assert main([*words, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    children = [jobs.runs / each["child_id"] for each in (shown, *shown["others"])]
    assert [each.name for each in children] == ["demo-2", "demo-3"]
    array = jobs.number(children[0]).partition("_")[0]
    assert [jobs.number(each) for each in children] == [f"{array}_2", f"{array}_3"]
    lines = (children[0] / JOB_SCRIPT_FILE).read_text().splitlines()
    assert {f"#SBATCH --dependency=afterany:{jobs.number(parent)}", "#SBATCH --array=2,3"} <= set(lines)
    jobs.wait_for(parent, "stopped")
    for child, lr in zip(children, ("0.05", "0.2"), strict=True):
        jobs.wait_for_epochs(child)
        launched = read_launch(child)
        assert launched.argv[-1] == lr and launched.parent.changes["lr"][1] == lr
        assert state_of(child).started_at >= state_of(parent).ended_at
    assert len(control.answers(parent, 1)) == 1  # one stop
    told = [(entry.verb, entry.run_id, entry.result) for entry in read_audit(jobs.runs)]
    assert told[1:3] == [("stop", "demo", "done"), ("restart", "demo-2, demo-3", "done")]


def test_more_seeds_are_one_job_array_whose_runs_are_stopped_and_put_back_each_by_itself(jobs):
    parent = jobs.submit(FINISHES, "--seed", "1", sbatch="--comment=seeds")
    jobs.wait_for(parent, "finished")
    (jobs.folder / "train.py").write_text(LISTENS)
    plans = []
    for seed in (2, 3):
        plans.append(launcher.plan_restart(jobs.runs, "demo", {"seed": seed}, beside=plans))
    assert launcher.may_be_array(plans) and not launcher.may_be_array(plans[:1])
    launcher.restart_together(plans, stop_parent=False, asked_by="anna")
    one, other = (jobs.runs / plan.child_id for plan in plans)
    array = jobs.number(one).partition("_")[0]
    assert [jobs.number(each) for each in (one, other)] == [f"{array}_2", f"{array}_3"]
    assert "#SBATCH --array=2,3" in (one / JOB_SCRIPT_FILE).read_text().splitlines()
    for child, seed in ((one, "2"), (other, "3")):
        jobs.wait_for_epochs(child)
        assert seed in read_launch(child).argv and (child / JOB_LOG_FILE).exists()

    launcher.stop(one, "anna")
    jobs.wait_for(one, "stopped")
    wait_for(lambda: time.time() - state_of(other).started_at > LEAST_SECS, PATIENT_SECS)
    jobs.cluster.run("scancel", "--signal=USR1", "--batch", jobs.number(other))  # as before the time limit
    jobs.wait_for(other, "queued")
    jobs.wait_for_words(other, rf"SLURM job {array}_3 waits in partition main: BeginTime")
    assert state_of(other).generation == 2 and jobs.status(one).word == "stopped"
    launcher.stop(other, "anna")
    assert jobs.status(other).word == "stopped"
    assert array not in jobs.cluster.run("squeue", "--me", "-h", "-o", "%F").split()


def test_seeds_from_the_command_line_are_one_array_or_no_run(jobs, monkeypatch, capsys):
    monkeypatch.chdir(jobs.folder)
    script(jobs.folder, FINISHES)
    words = ["start", "--on", "slurm", "--time", "5", "--seeds", "3", "--name", "s", "--runs", str(jobs.runs)]
    command = ["--", sys.executable, "train.py", "--seed", "{seed}"]
    assert main([*words, "--partition", "nope", *command]) == 5
    assert "no such partition" in capsys.readouterr().err and list_runs(jobs.runs) == []
    assert main([*words, "--json", *command]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"] == ["s-1", "s-2", "s-3"] == sorted(list_runs(jobs.runs))
    array = jobs.number(jobs.runs / "s-1").partition("_")[0]
    for seed in (1, 2, 3):
        run_dir = jobs.runs / f"s-{seed}"
        assert jobs.number(run_dir) == f"{array}_{seed}" and read_launch(run_dir).argv[-1] == str(seed)
        jobs.wait_for(run_dir, "finished")
    told = [(entry.verb, entry.run_id, entry.result) for entry in read_audit(jobs.runs)]
    assert told == [("start", "s-1, s-2, s-3", "refused"), ("start", "s-1, s-2, s-3", "done")]


def test_an_array_that_the_engine_refuses_leaves_no_run(jobs):
    parent = jobs.submit(FINISHES, "--seed", "1")
    jobs.wait_for(parent, "finished")
    plans = [launcher.plan_restart(jobs.runs, "demo", {"seed": 2})]
    plans.append(launcher.plan_restart(jobs.runs, "demo", {"seed": 3}, beside=plans))
    jobs.cluster.run("scontrol", "update", "PartitionName=main", "MaxTime=1")
    try:
        with pytest.raises(RefusedError, match="sbatch refused"):
            launcher.restart_together(plans, stop_parent=False, asked_by="anna")
    finally:
        jobs.cluster.run("scontrol", "update", "PartitionName=main", "MaxTime=24:00:00")
    assert list_runs(jobs.runs) == ["demo"]


def test_scancel_from_outside_is_a_stop_by_the_cluster(jobs):
    run_dir = jobs.submit(LISTENS)
    jobs.wait_for_epochs(run_dir)
    jobs.cluster.run("scancel", jobs.number(run_dir))
    wait_for(lambda: read_state(run_dir).state in ("stopped", "failed"), PATIENT_SECS)
    state = state_of(run_dir)
    assert (state.state, state.stop.asked_by) == ("stopped", "the cluster (scancel)")
    assert not workers(run_dir)
    who = "" if jobs.cluster.no_accounting else f" by {ME}"
    jobs.wait_for_words(run_dir, rf"SIGTERM, after a stop by the cluster \(scancel{who}\)\.$")


def test_ends_that_the_controller_has_forgotten_are_told_by_the_accounting(jobs, monkeypatch):
    if jobs.cluster.no_accounting:
        pytest.skip(f"NOT TRIED: {jobs.cluster.no_accounting}")
    died = jobs.submit(LISTENS, name="died", sbatch="--no-requeue --nodelist=n2")
    held, late, plain = (jobs.submit(LISTENS, name=name, sbatch="--hold") for name in ("held", "late", "plain"))
    jobs.wait_for_epochs(died)
    jobs.cluster.run("scancel", jobs.number(plain))
    with monkeypatch.context() as without:
        without.setenv("SLURM_CONF", jobs.cluster.other_conf("plain", "AccountingStorage.*\n", ""))
        said = jobs.wait_for(plain, "stopped")
    assert "(CANCELLED): it was cancelled, and the run left no outcome." in said.evidence  # by whom is not known
    # From here on nobody looks until the controller has forgotten them.
    jobs.cluster.run("scancel", jobs.number(held), jobs.number(late))
    jobs.cluster.kill("slurmd.n2")
    try:
        for process in everything_of(died):
            process.send_signal(signal.SIGKILL)
        jobs.cluster.run("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=test")
        ends = ["sacct", "-X", "-n", "-P", "-o", "State,WorkDir", "-j", ",".join(map(jobs.number, (died, held, late)))]
        # A job's folder is told to the accounting some seconds later than the end of one that ends so soon.
        whole = rf"NODE_FAIL[|]{died}|CANCELLED by \d+[|]{held}|CANCELLED by \d+[|]{late}"
        wait_for(lambda: len(re.findall(whole, jobs.cluster.run(*ends))) == 3, PATIENT_SECS)
    finally:
        jobs.cluster.start_node("n2")
    jobs.cluster.forget_the_jobs()
    assert not jobs.cluster.run("squeue", "--me", "-h", "--states=all")

    jobs.cluster.kill("slurmdbd")
    try:
        said = jobs.status(late)
        assert said.word == "queued" and re.search("SLURM has not answered since .*sacct refused", said.evidence)
    finally:
        jobs.cluster.start_accounting()
    for run_dir in (held, late):
        assert f"(CANCELLED): it was cancelled by {ME}, and" in jobs.wait_for(run_dir, "stopped").evidence
    assert "ended job" in jobs.wait_for(died, "failed").evidence
    assert "(NODE_FAIL): its node failed" in jobs.status(died).evidence
    assert failure_of(RunReader(died).read(0.0)).name == "node"


def everything_of(run_dir):
    """The supervisor of a run, its trainer, and the daemon of SLURM's above them."""
    supervisor = psutil.Process(state_of(run_dir).supervisor.pid)
    return [supervisor, *supervisor.children(recursive=True), supervisor.parent()]


def test_a_node_that_dies_is_named_as_the_cause(jobs):
    run_dir = jobs.submit(LISTENS, sbatch="--no-requeue --nodelist=n2")
    jobs.wait_for_epochs(run_dir)
    jobs.cluster.kill("slurmd.n2")
    try:
        for process in everything_of(run_dir):
            process.send_signal(signal.SIGKILL)
        jobs.cluster.run("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=test")
        said = jobs.wait_for(run_dir, "failed")
    finally:
        jobs.cluster.start_node("n2")
    assert "(NODE_FAIL): its node failed" in said.evidence
    failure = failure_of(RunReader(run_dir).read(0.0))
    assert failure.name == "node" and "its node failed" in failure.happened
    assert read_state(run_dir).state == "running"  # derived, not stored: nobody was left to write it


def test_a_nodes_daemon_that_is_killed_and_comes_back_costs_the_run_nothing(jobs):
    run_dir = jobs.submit(LISTENS, sbatch="--nodelist=n2")
    jobs.wait_for_epochs(run_dir)
    jobs.cluster.kill("slurmd.n2")
    try:
        before = len((run_dir / "epochs.jsonl").read_bytes().splitlines())
        jobs.wait_for_epochs(run_dir, before + 5)
        assert jobs.status(run_dir).word == "running"
        launcher.stop(run_dir, "anna")
        jobs.wait_for(run_dir, "stopped")
    finally:
        jobs.cluster.start_node("n2")
    said = jobs.status(run_dir)
    assert said.word == "stopped" and state_of(run_dir).stop.asked_by == "anna" and not workers(run_dir)
    # The step of the job has waited for its daemon.
    wait_for(lambda: jobs.number(run_dir) not in jobs.cluster.run("squeue", "--me", "-h", "-o", "%i"), PATIENT_SECS)


def test_more_memory_than_the_job_has_is_named_as_the_cause(jobs):
    run_dir = jobs.submit(GREEDY, sbatch="--mem=300 --no-requeue")
    said = jobs.wait_for(run_dir, "failed")
    # By the daemon that looks first: "Exceeded job memory limit", or "StepId=6.batch exceeded memory limit".
    assert re.search(r"(?i)exceeded (job )?memory limit", said.evidence)
    assert failure_of(RunReader(run_dir).read(0.0)).name == "host_memory"


def test_the_controller_may_go_and_come_back_in_the_middle(jobs, monkeypatch):
    run_dir = jobs.submit(LISTENS)
    jobs.wait_for_epochs(run_dir)
    jobs.cluster.wait_until_saved(jobs.number(run_dir))
    jobs.cluster.kill("slurmctld")
    try:
        with monkeypatch.context() as hasty:  # SLURM's programs try as long as MessageTimeout says
            hasty.setenv("SLURM_CONF", jobs.cluster.other_conf("hasty", "MessageTimeout=.*", "MessageTimeout=3"))
            said = jobs.status(run_dir)
            assert said.word == "running" and "SLURM has not answered since" in said.evidence
            with pytest.raises(RefusedError, match="controller does not answer"):
                jobs.submit(LISTENS, name="other")
        assert list_runs(jobs.runs) == ["demo"]  # nothing was submitted, so there is no run
        before = len((run_dir / "epochs.jsonl").read_bytes().splitlines())
        jobs.wait_for_epochs(run_dir, before + 5)
    finally:
        jobs.cluster.start_controller()
    wait_for(lambda: "has not answered" not in jobs.status(run_dir).evidence, PATIENT_SECS)
    launcher.stop(run_dir, "anna")
    jobs.wait_for(run_dir, "stopped")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"partition": "nope"}, "no such partition; it has: main, urgent, spare, short, lab"),
        ({"partition": "lab"}, "does not take your account there"),
        ({"partition": "short", "limit": "10"}, "does not allow that time limit"),
        ({"gpus": 9}, "has what is asked for"),
        ({"sbatch": "--mem=900G"}, "has what is asked for"),
        ({"sbatch": "--nodes=5"}, "has what is asked for"),
        ({"sbatch": "--nosuch"}, "sbatch does not know that option"),
    ],
)
def test_what_the_engine_refuses_is_said_in_a_sentence_and_leaves_no_run(jobs, asked, said):
    with pytest.raises(RefusedError, match=said):
        jobs.submit(LISTENS, **asked)
    assert list_runs(jobs.runs) == []


def test_another_munge_key_is_said_in_a_sentence(jobs, tmp_path, monkeypatch):
    folder = jobs.cluster.folder / "other"
    folder.mkdir()
    key, socket, pid = (str(folder / name) for name in ("munge.key", "munge.socket", "munged.pid"))
    subprocess.run(["mungekey", "--create", f"--keyfile={key}"], check=True)
    options = [f"--socket={socket}", f"--key-file={key}", f"--pid-file={pid}"]
    options += [f"--seed-file={folder / 'seed'}", f"--log-file={folder / 'log'}"]
    subprocess.run(["munged", "--force", *options], check=True, capture_output=True)
    try:
        monkeypatch.setenv("SLURM_CONF", jobs.cluster.other_conf("other", "/munge.socket", "/other/munge.socket"))
        with pytest.raises(RefusedError, match="different munge keys"):
            jobs.submit(LISTENS)
    finally:
        os.kill(int((folder / "munged.pid").read_text()), signal.SIGTERM)
        monkeypatch.setenv("SLURM_CONF", str(jobs.cluster.folder / "slurm.conf"))


def test_a_job_whose_folder_was_removed_is_named_and_starts_nothing(jobs, capsys):
    run_dir = jobs.submit(LISTENS, sbatch="--hold")
    job = jobs.number(run_dir)
    shutil.rmtree(run_dir)
    assert main(["list", "--runs", str(jobs.runs)]) == 0
    said = f"SLURM job {job} is for {run_dir}, which is not there any more. Remove it: scancel {job}"
    assert said in capsys.readouterr().err
    jobs.cluster.run("scontrol", "release", job)
    wait_for(lambda: job not in jobs.cluster.run("squeue", "--me", "-h", "-o", "%i").split(), PATIENT_SECS)
    assert not run_dir.exists() and not workers(run_dir)


def test_a_job_of_another_run_or_one_that_left_the_queue_starts_nothing(jobs):
    run_dir = jobs.submit(LISTENS, sbatch="--hold")
    launcher.stop(run_dir, "anna")
    job = jobs.cluster.run("sbatch", "--parsable", str(run_dir / JOB_SCRIPT_FILE))
    jobs.cluster.run("scontrol", "release", job)
    wait_for(lambda: job not in jobs.cluster.run("squeue", "--me", "-h", "-o", "%i").split(), PATIENT_SECS)
    assert "is not the one that was submitted" in (run_dir / JOB_LOG_FILE).read_text()
    assert state_of(run_dir).state == "stopped" and not workers(run_dir)


def test_two_nodes_with_two_processes_each_meet(jobs, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(MEETS)
    words = ["--on", "slurm", "--time", "5", "--nodes", "2", "--nproc", "2", "--name", "wide", "--runs", str(jobs.runs)]
    assert main(["start", *words, "--", sys.executable, "train.py"]) == 0
    run_dir = jobs.runs / "wide"
    jobs.wait_for(run_dir, "finished", "failed")
    log = (run_dir / "trainer.log").read_text()
    said = sorted(line for line in log.splitlines() if line.startswith("rank"))
    assert [line.split(" on ")[0] for line in said] == [f"rank {rank} of 4" for rank in range(4)], log
    assert {line.split()[-2] for line in said} == {"n1", "n2"}


def test_the_queue_is_read_by_one_for_all(jobs, monkeypatch):
    jobs.submit(LISTENS, sbatch="--hold", name="one")
    jobs.submit(LISTENS, sbatch="--hold", name="two")
    monkeypatch.setattr(queues, "ASK_EVERY_SECS", 15.0)
    asked = []
    monkeypatch.setattr(queues, "_ask_and_note", lambda *_: asked.append(1))
    for _ in range(20):
        queues.look()
    assert len(asked) <= 1


def test_a_supervisor_that_does_not_answer_is_signalled_and_then_its_job_is_ended(jobs):
    run_dir = jobs.submit(LISTENS.replace("run.should_stop()", "False"))
    jobs.wait_for_epochs(run_dir)
    supervisor = psutil.Process(state_of(run_dir).supervisor.pid)
    supervisor.suspend()
    launcher.stop(run_dir, "anna")
    launcher.hurry_stop(run_dir, "anna")  # SIGUSR1, which waits as long as the process stands still
    assert jobs.cluster.run("squeue", "-h", "-o", "%T", "-j", jobs.number(run_dir)) == "RUNNING"
    launcher.hurry_stop(run_dir, "anna")
    said = jobs.wait_for(run_dir, "stopped")
    # scancel lets the process go on that stood still, and that one writes what it sees.
    assert "after a stop by the cluster (scancel" in said.evidence or "it was cancelled" in said.evidence
    wait_for(lambda: not workers(run_dir), PATIENT_SECS)
