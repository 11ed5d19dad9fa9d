"""Runs as jobs of a real Ray of two nodes: queued with its reason, run, stopped, resumed, restarted, and what breaks.

Ray listens on all addresses, so it lives in a network of its own that has loopback alone, and so do these tests.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.diagnosis.failures import failure_of
from monitor.launcher.devices import MachineWatch
from monitor.launcher.engines import queues, ray_jobs, ray_log
from monitor.launcher.engines.partitions import asked
from monitor.run_dir import JOB_SCRIPT_FILE, LOG_FILE, JobOrder, control, jobs
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch, read_state
from monitor.run_dir.reader import RunReader, list_runs
from monitor.view import log
from monitor.view.log import LogQuestion, log_tail
from monitor.view.shapes.answers import LogTail
from tests.cluster.conftest import PATIENT_MS, PATIENT_SECS, TRAINS_ON, on_the_page
from tests.cluster.own_network import enter_own_network
from tests.cluster.ray_cluster import Jobs, RayCluster
from tests.supervised import FINISHES, LISTENS, ROOT, script, state_of, wait_for, workers

pytestmark = [pytest.mark.ray, pytest.mark.timeout(900)]

SMALL = [*("--epochs", "500", "--train_clips", "25", "--eval_clips", "7", "--signers", "2")]
SMALL += [*("--hidden_dim", "8", "--width", "0.1", "--device", "cpu", "--patience", "500")]


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    try:
        leave = enter_own_network()
    except OSError as refused:
        pytest.skip(f"NOT TRIED: Ray needs a network of its own ({refused.strerror})")
    # Not below the usual folder of tests: the path of Ray's sockets must be short.
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))
    here = RayCluster(folder, "")
    try:
        try:
            here.address = here.ensure(sys.executable, str(folder))
        except AssertionError as failed:  # a Ray that does not start is none of ours
            pytest.skip(f"NOT TRIED: {str(failed).splitlines()[0]}")
        yield here
    finally:
        here.ensure("--stop", str(folder))
        leave()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def jobs_of(
    cluster: RayCluster, runs: Path, own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Jobs]:
    monkeypatch.setattr(queues, "ASK_EVERY_SECS", 0.0)
    monkeypatch.setattr(ray_jobs, "PATIENCE_SECS", PATIENT_SECS)
    yield Jobs(cluster, runs, tmp_path)
    for job in cluster.ask("GET", "/api/jobs/"):
        if job["status"] in ("PENDING", "RUNNING"):
            cluster.ask("POST", f"/api/jobs/{job['submission_id']}/stop", {})
    wait_for(
        lambda: all(job["status"] != "RUNNING" for job in cluster.ask("GET", "/api/jobs/")),
        PATIENT_SECS,
    )


def test_nothing_listens_off_loopback(cluster):
    listening = {each.laddr.ip for each in psutil.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
    addresses = {each.address for known in psutil.net_if_addrs().values() for each in known if each.family == 2}
    assert addresses == {"127.0.0.1"} and listening  # where a port is open for all addresses, these are all there are


def test_a_run_is_submitted_finishes_on_its_node_and_ray_is_never_imported(jobs_of, capsys):
    run_dir = jobs_of.submit(FINISHES, gpus=1)
    assert state_of(run_dir).state in ("queued", "starting", "running")
    jobs_of.wait_for(run_dir, "finished")
    text = (run_dir / JOB_SCRIPT_FILE).read_text()
    assert f"A job of the Ray at {jobs_of.cluster.address}, which asks for 1 CPU and 1 GPU" in text
    state = state_of(run_dir)
    assert (state.exit_code, state.generation, state.job.engine) == (0, 1, "ray")
    wait_for(lambda: jobs_of.in_ray(run_dir)["status"] == "SUCCEEDED", PATIENT_SECS)
    assert main(["show", "demo", "--runs", str(jobs_of.runs)]) == 0
    assert "demo: finished." in capsys.readouterr().out
    assert "ray" not in sys.modules


def test_the_devices_are_those_that_ray_gives(jobs_of):
    says = "import os\nprint('devices', os.environ['CUDA_VISIBLE_DEVICES'], flush=True)\n"
    run_dir = jobs_of.submit(says, gpus=2)
    jobs_of.wait_for(run_dir, "finished")
    assert "devices 0,1" in (run_dir / "trainer.log").read_text()


def test_a_run_waits_with_rays_own_reason_and_leaves_the_queue(jobs_of, capsys):
    full = jobs_of.submit(LISTENS, name="full", gpus=2)
    jobs_of.wait_for(full, "running")
    after = jobs_of.submit(LISTENS, name="after", gpus=1)
    jobs_of.wait_for_words(after, r"to become available; it asks for 1 CPU and 1 GPU; free: 3 of 4 CPUs, 0 of 2 GPUs\.")
    assert jobs_of.status(after).word == "queued"
    own = jobs_of.in_ray(after)["message"].removeprefix("Job has not started yet. ").rstrip(".")
    assert f"Ray job vitalsigns-{jobs_of.number(after)} waits: {own}" in jobs_of.status(after).evidence
    assert main(["list", "--runs", str(jobs_of.runs)]) == 0
    assert re.search(r"after +queued", capsys.readouterr().out)

    asked = launcher.stop(after, "anna")
    assert jobs_of.status(after).word == "stopped" and "left the queue" in jobs_of.status(after).evidence
    assert [each.result for each in control.answers(after, 1) if each.number == asked.number] == ["done"]
    launcher.stop(full, "anna")
    # Ray starts it now that there is room, finds that it was stopped, and ends it; nothing of the run begins.
    wait_for(lambda: jobs_of.in_ray(after)["status"] in ("STOPPED", "FAILED"), PATIENT_SECS)
    assert jobs_of.status(after).word == "stopped" and not (after / "trainer.log").exists()


def test_the_page_says_what_the_ray_has_free(jobs_of):
    watch = MachineWatch(jobs_of.runs)
    assert not any(each.is_ray for each in asked())  # no job of this user's: no Ray is asked
    run_dir = jobs_of.submit(LISTENS, gpus=1)
    jobs_of.wait_for(run_dir, "running")
    wait_for(lambda: any(each.gpus_free == 1 for each in asked() if each.is_ray), PATIENT_SECS)  # it counts every 5 s
    wait_for(lambda: any(each.is_ray for each in watch.look().partitions), PATIENT_SECS)
    [ray] = [each for each in asked() if each.is_ray]
    assert (ray.name, ray.cpus, ray.cpus_free, ray.gpus, ray.gpus_free) == ("127.0.0.1:8265", 4, 3, 2, 1)
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")


def test_a_stop_saves_and_a_resume_is_the_next_generation_in_a_new_job(jobs_of, capsys):
    run_dir = jobs_of.submit(TRAINS_ON, "0.1")
    jobs_of.wait_for_epochs(run_dir)
    first = jobs_of.number(run_dir)
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")
    assert state_of(run_dir).stop.asked_by == "anna"
    assert main(["resume", "demo", "--runs", str(jobs_of.runs)]) == 0
    assert f"was submitted as Ray job vitalsigns-{jobs_of.number(run_dir)}" in capsys.readouterr().out
    assert jobs_of.number(run_dir) != first
    jobs_of.wait_for(run_dir, "finished")
    assert state_of(run_dir).generation == 2
    assert [each.epoch for each in RunReader(run_dir).read(0.0).epochs] == list(range(1, 41))


def test_a_restart_with_a_change_is_a_job_that_begins_when_its_parent_has_ended(jobs_of):
    run_dir = jobs_of.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), "--lr", "0.1")
    jobs_of.wait_for_epochs(run_dir)
    plan = launcher.plan_restart(jobs_of.runs, "demo", {"lr": 0.05}, stop_parent=True, try_first=False)
    child = jobs_of.runs / launcher.restart(plan, stop_parent=True, asked_by="anna")
    assert read_launch(child).job == read_launch(run_dir).job
    jobs_of.wait_for(run_dir, "stopped")
    jobs_of.wait_for(child, "running")
    assert state_of(child).started_at >= state_of(run_dir).ended_at
    assert "0.05" in read_launch(child).argv


def test_seeds_from_the_command_line_are_a_job_each(jobs_of, monkeypatch, capsys):
    monkeypatch.chdir(jobs_of.folder)
    script(jobs_of.folder, FINISHES)
    on = f"ray://{jobs_of.cluster.address.removeprefix('http://')}"
    words = ["start", "--on", on, "--seeds", "2", "--name", "s", "--runs", str(jobs_of.runs), "--json"]
    assert main([*words, "--", sys.executable, "train.py", "--seed", "{seed}"]) == 0
    assert json.loads(capsys.readouterr().out)["seeds"] == ["s-1", "s-2"]
    for seed in (1, 2):
        run_dir = jobs_of.runs / f"s-{seed}"
        jobs_of.wait_for(run_dir, "finished")
        assert read_launch(run_dir).argv[-1] == str(seed)
    assert jobs_of.number(jobs_of.runs / "s-1") != jobs_of.number(jobs_of.runs / "s-2")


def test_our_trainer_in_two_workers_of_ray_is_one_run_that_stops_and_resumes(jobs_of):
    words = [sys.executable, "-m", "trainer", "--preset", "broken", *SMALL, "--ray_workers", "2"]
    order = ray_jobs.job_order(f"ray://{jobs_of.cluster.address.removeprefix('http://')}", 0, 1)
    run_dir = jobs_of.runs / launcher.start(jobs_of.runs, words, name="wide", job=order, cwd=ROOT)
    jobs_of.wait_for_epochs(run_dir)
    snapshot = RunReader(run_dir).read(0.0)
    assert snapshot.progress.process.pid != state_of(run_dir).trainer.pid  # a worker writes; the trainer waits for it
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")
    done = [each.epoch for each in RunReader(run_dir).read(0.0).epochs]
    assert state_of(run_dir).exit_code == 0 and done == list(range(1, len(done) + 1))
    wait_for(lambda: not workers(run_dir), PATIENT_SECS)

    launcher.resume(jobs_of.runs, "wide", "anna")
    jobs_of.wait_for_epochs(run_dir, len(done) + 2)
    more = [each.epoch for each in RunReader(run_dir).read(0.0).epochs]
    assert more[: len(done)] == done and more == list(range(1, len(more) + 1))
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")


def test_a_stop_by_rays_own_command_is_a_stop_by_the_cluster(jobs_of):
    run_dir = jobs_of.submit(LISTENS)
    jobs_of.wait_for_epochs(run_dir)
    command = ray_jobs.removal(jobs.book().jobs[jobs_of.number(run_dir)]).split()
    subprocess.run([sys.executable, "-m", "ray.scripts.scripts", *command[1:]], check=True, capture_output=True)
    wait_for(lambda: read_state(run_dir).state in ("stopped", "failed"), PATIENT_SECS)
    state = state_of(run_dir)
    assert (state.state, state.stop.asked_by) == ("stopped", "the cluster (SIGTERM)")
    assert not workers(run_dir)


def test_a_supervisor_that_does_not_answer_is_stopped_with_its_job(jobs_of):
    run_dir = jobs_of.submit(LISTENS.replace("run.should_stop()", "False"))
    jobs_of.wait_for_epochs(run_dir)
    psutil.Process(state_of(run_dir).supervisor.pid).suspend()
    launcher.stop(run_dir, "anna")
    launcher.hurry_stop(run_dir, "anna")
    jobs_of.wait_for_words(
        run_dir, r"^Ray ended job vitalsigns-\d+ on 127.0.0.1 \(STOPPED\): it was stopped, and the run"
    )
    assert jobs_of.status(run_dir).word == "stopped"
    wait_for(lambda: not workers(run_dir), PATIENT_SECS)


def test_what_the_job_said_before_it_could_begin_is_the_evidence(jobs_of, monkeypatch, capsys):
    monkeypatch.setattr(sys, "executable", "/nosuch/python")
    run_dir = jobs_of.submit(FINISHES)
    said = jobs_of.wait_for(run_dir, "failed")
    assert "(FAILED): it failed with exit status 127" in said.evidence
    assert "/nosuch/python" in said.evidence
    assert failure_of(RunReader(run_dir).read(0.0)).name == "job"
    assert main(["log", "demo", "--runs", str(jobs_of.runs)]) == 0  # there is no trainer.log
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].endswith("from Ray's job API") and "/nosuch/python" in shown[-1]


def test_a_job_whose_folder_was_removed_is_named_and_starts_nothing(jobs_of, capsys):
    full = jobs_of.submit(LISTENS, name="full", gpus=2)
    jobs_of.wait_for(full, "running")
    run_dir = jobs_of.submit(LISTENS, gpus=2)
    job = jobs_of.number(run_dir)
    shutil.rmtree(run_dir)
    assert main(["list", "--runs", str(jobs_of.runs)]) == 0
    address = jobs_of.cluster.address
    said = f"Ray job vitalsigns-{job} is for {run_dir}, which is not there any more. "
    assert f"{said}Remove it: ray job stop --address {address} vitalsigns-{job}" in capsys.readouterr().err
    launcher.stop(full, "anna")
    wait_for(lambda: jobs_of.cluster.ask("GET", f"/api/jobs/vitalsigns-{job}")["status"] == "FAILED", PATIENT_SECS)
    assert not run_dir.exists() and not workers(run_dir)


def test_a_job_that_was_not_submitted_for_the_run_starts_nothing(jobs_of):
    run_dir = jobs_of.submit(FINISHES)
    jobs_of.wait_for(run_dir, "finished")
    entrypoint = (run_dir / JOB_SCRIPT_FILE).read_text().splitlines()[-1]
    body = {"entrypoint": entrypoint, "submission_id": "vitalsigns-5", "entrypoint_num_cpus": 1}
    jobs_of.cluster.ask("POST", "/api/jobs/", body)
    wait_for(lambda: jobs_of.cluster.ask("GET", "/api/jobs/vitalsigns-5")["status"] == "FAILED", PATIENT_SECS)
    assert "Job 5 is not the one that was submitted" in jobs_of.cluster.ask("GET", "/api/jobs/vitalsigns-5")["message"]
    assert state_of(run_dir).state == "finished" and state_of(run_dir).generation == 1


SAYS = """
import os, time
from monitor.writer import RunWriter

with RunWriter(epochs=10000) as run:
    os.write(1, b"10%|#         | 1/10\\r20%|##        | 2/10\\nno letter: \\xff\\n")
    for epoch in range(1, 10001):
        time.sleep(0.2)
        print(f"the script says {epoch}", flush=True)
        run.log_epoch(epoch, train_loss=1.0, val_loss=1.5, val_wer=0.9)
        if run.should_stop():
            break
"""


def test_the_log_is_followed_through_the_job_api_and_not_from_the_disk(jobs_of, monkeypatch, capsys):
    run_dir = jobs_of.submit(SAYS)
    jobs_of.wait_for_epochs(run_dir)

    def follow() -> LogTail:
        return log_tail(run_dir / LOG_FILE, LogQuestion(), ray_log.followed(run_dir, read_state(run_dir)))

    def says(number: int) -> bool:
        return any(line == f"the script says {number}" for line, _, _ in follow().lines)

    source = f"Log of Ray job vitalsigns-{jobs_of.number(run_dir)}, from Ray's job API"
    with monkeypatch.context() as blind:
        blind.setattr(log, "open_to_read", lambda _: pytest.fail("the disk was read"))
        blind.setattr(ray_log, "LOOK_SECS", PATIENT_SECS)
        # From here on: until its first lines have come, a log that is followed is trainer.log.
        wait_for(lambda: (ray_log.followed(run_dir, read_state(run_dir)) or pytest.fail("no job")).end, PATIENT_SECS)
        first = ray_log._followers[jobs_of.number(run_dir)]
        last = max(each.epoch for each in RunReader(run_dir).read(0.0).epochs)
        wait_for(lambda: says(1) and says(int(last) + 5), PATIENT_SECS)  # as it is printed, by one connection
        assert follow().source == source and "no letter: \ufffd" in [line for line, _, _ in follow().lines]
        assert main(["log", "demo", "--runs", str(jobs_of.runs), "--most", "1000"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(source) and "the script says 1\n" in shown
    assert ray_log._followers[jobs_of.number(run_dir)] is first

    head = [each for each in jobs_of.cluster.session("head") if "dashboard" in " ".join(each.cmdline())]
    for process in head:
        process.suspend()
    try:
        assert main(["log", "demo", "--runs", str(jobs_of.runs)]) == 0
        said = f"This is trainer.log, not the log of its Ray job. The Ray at {jobs_of.cluster.address} did not answer"
        assert said in capsys.readouterr().out.replace("\n", " ")
        assert jobs_of.status(run_dir).word == "running"
        assert follow().source.startswith("This is trainer.log, ")  # also where the connection still stands
    finally:
        for process in head:
            process.resume()
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")
    wait_for(lambda: jobs_of.status(run_dir).word == "stopped" and not follow().source, PATIENT_SECS)
    written = (run_dir / LOG_FILE).read_text("utf-8", "replace")
    whole = jobs_of.cluster.ask("GET", f"/api/jobs/vitalsigns-{jobs_of.number(run_dir)}/logs")["logs"]
    assert written.splitlines()[-1] in whole  # to its last line


def test_a_run_is_opened_while_it_is_queued_seen_live_with_its_log_and_stopped_from_the_page(jobs_of, tab):
    full = jobs_of.submit(LISTENS, name="full", gpus=2)
    jobs_of.wait_for(full, "running")
    run_dir = jobs_of.submit(SAYS, gpus=1)
    jobs_of.wait_for_words(run_dir, r"free: 3 of 4 CPUs, 0 of 2 GPUs\.")
    with on_the_page(jobs_of.runs) as served:
        page = tab()
        page.goto(served.link())
        page.get_by_text("Ray 127.0.0.1:8265").first.wait_for(timeout=PATIENT_MS)
        page.get_by_text("0 of 2 GPUs and 3 of 4 processors free").first.wait_for(timeout=PATIENT_MS)
        page.goto(served.link("demo"))
        name = f"Ray job vitalsigns-{jobs_of.number(run_dir)}"
        page.get_by_text(f"{name} waits: ").first.wait_for(timeout=PATIENT_MS)
        page.get_by_text("it asks for 1 CPU and 1 GPU; free: 3 of 4 CPUs, 0 of 2 GPUs.").first.wait_for(
            timeout=PATIENT_MS
        )
        launcher.stop(full, "anna")
        jobs_of.wait_for(full, "stopped")
        epochs = "document.querySelector('.vs-root').page?.cols?.epoch?.length ?? 0"
        wait_for(lambda: page.evaluate(epochs) > 3, PATIENT_SECS)  # live: the page is not loaded again
        page.get_by_text("running").first.wait_for(timeout=PATIENT_MS)
        page.get_by_test_id("tab-log").click(timeout=PATIENT_MS)
        page.get_by_text(f"Log of {name}, from Ray's job API; ").wait_for(timeout=PATIENT_MS)
        then = page.evaluate(epochs)
        page.get_by_text(f"the script says {then + 10}", exact=True).wait_for(timeout=PATIENT_MS)
        page.get_by_test_id("btn-stop").click(timeout=PATIENT_MS)
        now = page.get_by_role("button", name="Stop now").or_(page.get_by_role("button", name="Stop after this step"))
        now.click(timeout=PATIENT_MS)
        jobs_of.wait_for(run_dir, "stopped")
        assert state_of(run_dir).exit_code == 0  # by its own door: it finished its step
        page.get_by_text("stopped").first.wait_for(timeout=PATIENT_MS)


def test_a_node_that_dies_is_named_as_the_cause_and_takes_its_training_with_it(jobs_of):
    run_dir = jobs_of.submit(LISTENS)
    jobs_of.wait_for_epochs(run_dir)
    jobs_of.cluster.kill("node")
    try:
        wait_for(lambda: not workers(run_dir), PATIENT_SECS)  # the trainer has a group of its own, which Ray kills not
        said = jobs_of.wait_for(run_dir, "failed")
        assert "The actor died because its node has died" in said.evidence and "(FAILED)" in said.evidence
        failure = failure_of(RunReader(run_dir).read(0.0))
        assert failure.name == "node" and "died" in failure.happened
        assert read_state(run_dir).state == "running"  # derived, not stored: nobody was left to write it
    finally:
        jobs_of.cluster.ensure(sys.executable, str(jobs_of.cluster.folder), "node")


@pytest.mark.parametrize("on", ["ray://127.0.0.1:1", "ray://127.0.0.1:6379", "ray://127.0.0.1:10001"])
def test_an_address_without_a_job_api_is_said_in_a_sentence_and_leaves_no_run(jobs_of, on, capsys):
    words = ["start", "--on", on, "--name", "demo", "--runs", str(jobs_of.runs), "--", sys.executable, "train.py"]
    assert main(words) == 5
    said = capsys.readouterr().err
    assert "No Ray answers at http://127.0.0.1:1 (Connection refused)" in said or "is not the job API of a Ray" in said
    assert list_runs(jobs_of.runs) == []


def test_ray_may_be_silent_and_say_so_and_the_training_goes_on(jobs_of):
    run_dir = jobs_of.submit(LISTENS)
    jobs_of.wait_for_epochs(run_dir)
    jobs_of.status(run_dir)
    head = [each for each in jobs_of.cluster.session("head") if "dashboard" in " ".join(each.cmdline())]
    assert head
    for process in head:
        process.suspend()
    try:
        queues.look()
        said = launcher.status(run_dir)
        assert said.word == "running" and "Ray has not answered since" in said.evidence
        with pytest.raises(RefusedError, match="did not answer within"):
            ray_jobs.call(jobs_of.cluster.address, "GET", "/api/jobs/", None, 1.0)
        before = len((run_dir / "epochs.jsonl").read_bytes().splitlines())
        jobs_of.wait_for_epochs(run_dir, before + 5)
    finally:
        for process in head:
            process.resume()
    wait_for(lambda: "has not answered" not in jobs_of.status(run_dir).evidence, PATIENT_SECS)
    launcher.stop(run_dir, "anna")
    jobs_of.wait_for(run_dir, "stopped")


def test_a_job_that_ray_forgot_has_ended_unseen(jobs_of):
    run_dir = jobs_of.submit(LISTENS, gpus=2, name="full")
    jobs_of.wait_for(run_dir, "running")
    queues.remember("123456789012", jobs_of.runs / "gone", JobOrder(engine="ray", address=jobs_of.cluster.address))
    queues.look()
    assert jobs.book().jobs["123456789012"].state == "GONE"


def test_a_ray_that_is_killed_and_started_anew_does_not_know_the_run_which_resumes_there(jobs_of):
    run_dir = jobs_of.submit(TRAINS_ON, "2", "0.05")
    jobs_of.wait_for_epochs(run_dir, 1)
    jobs_of.cluster.kill("head")
    try:
        jobs_of.wait_for_words(run_dir, "Ray has not answered since .*: No Ray answers at ")
        before = len((run_dir / "epochs.jsonl").read_bytes().splitlines())
        jobs_of.wait_for_epochs(run_dir, before + 1)  # it trains on, for as long as its node waits for the head
        assert jobs_of.status(run_dir).word == "running"
        jobs_of.cluster.kill("node")
    finally:
        jobs_of.cluster.ensure("--stop", str(jobs_of.cluster.folder))
        jobs_of.cluster.ensure(sys.executable, str(jobs_of.cluster.folder))
    wait_for(lambda: not workers(run_dir), PATIENT_SECS)
    said = jobs_of.wait_for(run_dir, "lost")
    assert f"Ray does not know job vitalsigns-{jobs_of.number(run_dir)} any more" in said.evidence
    launcher.resume(jobs_of.runs, "demo", "anna")
    jobs_of.wait_for(run_dir, "finished")
    assert state_of(run_dir).generation == 2
    assert [each.epoch for each in RunReader(run_dir).read(0.0).epochs] == list(range(1, 41))
