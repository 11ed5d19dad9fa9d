"""Jobs of Ray without one: addresses, what is submitted, the answers of its job API, and the words.

tests/cluster/test_ray.py does the same with a real Ray.
"""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.diagnosis.failures import failure_of
from monitor.launcher.engines import ray_jobs
from monitor.run_dir import JobPlace, JobSeen, Launch, Snapshot, State
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import job_of
from monitor.run_dir.status import status_of
from tests.supervised import ROOT

NOW = 1_800_000_000.0
PENDING = {
    "status": "PENDING",
    "message": "Job has not started yet. It may be waiting for resources (CPUs, GPUs, memory, custom resources) to "
    "become available.",
}
DIED = {
    "status": "FAILED",
    "error_type": "JOB_SUPERVISOR_ACTOR_DIED",
    "message": "Job supervisor actor died: The actor died unexpectedly before finishing this task.\n\tpid: 16026\n"
    "The actor died because its node has died. Node Id: 0780\n\tthe actor's node was terminated unexpectedly",
    "driver_agent_http_address": "http://10.0.0.7:52365",
    "end_time": 1_800_000_000_500,
}
NOT_FOUND = {
    "status": "FAILED",
    "error_type": "JOB_ENTRYPOINT_COMMAND_ERROR",
    "driver_exit_code": 127,
    "message": "Job entrypoint command failed with exit code 127, last available logs (truncated to 20,000 chars):\n"
    "/bin/sh: 1: nosuchprogram: not found\n",
}


@pytest.mark.parametrize(
    ("on", "address"),
    [
        ("ray", "http://127.0.0.1:8265"),
        ("ray://head", "http://head:8265"),
        ("ray://head.lab:9000", "http://head.lab:9000"),
        ("ray://[::1]:9000", "http://[::1]:9000"),
    ],
)
def test_an_address_is_that_of_the_dashboard(on, address, monkeypatch):
    monkeypatch.delenv("RAY_API_SERVER_ADDRESS", raising=False)
    assert ray_jobs.address_of(on) == address


def test_without_one_rays_own_variable_says_where(monkeypatch):
    monkeypatch.setenv("RAY_API_SERVER_ADDRESS", "https://ray.lab:443/")
    assert ray_jobs.address_of("ray") == "https://ray.lab:443"
    assert ray_jobs.address_of("ray://head") == "http://head:8265"


@pytest.mark.parametrize("on", ["ray://a b", "ray://u:p@head", "ray://head/path", "ray://head:x", "ray://head:99999"])
def test_what_is_no_address_is_refused(on):
    with pytest.raises(UsageError, match="must be ray or ray://HOST:PORT"):
        ray_jobs.address_of(on)


def test_what_is_submitted_can_be_read_and_hands_on_where_the_key_lies(monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/home/me/my state")
    order = ray_jobs.job_order("ray://head", 2, 4)
    launch = Launch(run_id="demo", created_at=NOW, argv=["python", "train.py"], job=order)
    *_, last = lines = ray_jobs.script(Path("/data/my runs/demo"), launch, "17").splitlines()
    assert (
        lines[1] == "# A job of the Ray at http://head:8265, which asks for 4 CPUs and 2 GPUs; Ray runs the last line."
    )
    assert "#   python train.py" in lines
    assert "exec env 'XDG_STATE_HOME=/home/me/my state'" in last
    assert last.endswith("-m monitor.supervisor '/data/my runs/demo' --job --after-parent")
    assert subprocess.run(["sh", "-n"], input=last, text=True).returncode == 0


def seen(**more) -> JobSeen:
    return JobSeen(engine="ray", job_id="123456789012", run_dir="/runs/demo", **more)


def snapshot_with(job: JobSeen | None, state: str = "queued") -> Snapshot:
    place = JobPlace(engine="ray", job_id="123456789012", submitted_at=NOW - 60)
    known = State(state=state, updated_at=NOW - 60, job=place)
    return Snapshot(run_dir="/runs/demo", run_id="demo", read_at=NOW, state=known, job=job)


def test_before_ray_was_asked_and_for_another_user_it_says_that():
    assert (
        "Ray job vitalsigns-123456789012 is submitted; the queue has not" in status_of(snapshot_with(seen())).evidence
    )
    assert "its queue is not read here" in status_of(snapshot_with(None)).evidence


def test_a_job_that_waits_says_why_in_rays_words_and_what_it_asks_for():
    waiting = ray_jobs.parsed(PENDING, seen(asks="1 CPU and 3 GPUs"), NOW)
    said = status_of(snapshot_with(waiting))
    assert (said.word, said.live) == ("queued", True)
    assert said.evidence == (
        "Ray job vitalsigns-123456789012 waits: It may be waiting for resources (CPUs, GPUs, memory, custom resources) "
        "to become available; it asks for 1 CPU and 3 GPUs."
    )


def test_what_is_free_is_counted_and_a_ray_that_has_not_counted_yet_says_nothing():
    def usage(**pairs):
        return {"data": {"clusterStatus": {"loadMetricsReport": {"usage": pairs}}}}

    assert ray_jobs.free_in(usage(CPU=[1.0, 2.0], GPU=[1.5, 2.0])) == "1 of 2 CPUs, 0.5 of 2 GPUs"
    assert ray_jobs.free_in(usage(CPU=[0.0, 1.0])) == "1 of 1 CPU, 0 of 0 GPUs"
    for silent in (usage(), {}, None, {"data": {"clusterStatus": None}}, usage(CPU="many"), []):
        assert ray_jobs.free_in(silent) == ""


@pytest.mark.parametrize(
    ("answer", "word", "said", "cause"),
    [
        (DIED, "failed", "on 10.0.0.7 (FAILED): the process of Ray's that ran it died, or its node", "node"),
        (DIED, "failed", "Its message: The actor died because its node has died. Node Id: 0780.", "node"),
        (
            NOT_FOUND,
            "failed",
            "it failed with exit status 127, and the run left no outcome. Its message: /bin/sh: 1:",
            "job",
        ),
        ({"status": "STOPPED", "message": "Job was intentionally stopped."}, "stopped", "it was stopped", None),
        (
            {"status": "SUCCEEDED", "driver_exit_code": 0, "end_time": 1_799_999_000_000},
            "lost",
            "its command ended, and the run left",
            None,
        ),
        ({"status": "RUNNING"}, "lost", "", None),
    ],
)
def test_an_end_has_its_word_and_cause(answer, word, said, cause):
    snapshot = snapshot_with(ray_jobs.parsed(answer, seen(), NOW), state="running")
    if answer["status"] != "RUNNING":
        assert status_of(snapshot).word == word and said in status_of(snapshot).evidence
    failure = failure_of(snapshot)
    assert (failure.name if failure is not None else None) == cause


def test_rays_stopped_is_an_end_and_slurms_is_not():
    assert ray_jobs.parsed({"status": "STOPPED"}, seen(), NOW).ended_at == NOW
    assert ray_jobs.parsed(DIED, seen(), NOW).ended_at == 1_800_000_000.5
    stopped = msgspec.structs.replace(snapshot_with(None), job=JobSeen(job_id="123456789012", state="STOPPED"))
    assert status_of(stopped).word == "starting"


@pytest.mark.parametrize("answer", [{}, {"status": None}, {"status": 3, "message": ["x"], "end_time": "soon"}])
def test_an_answer_of_another_kind_breaks_nothing(answer):
    assert ray_jobs.parsed(answer, seen(), NOW).job_id == "123456789012"


def test_a_job_number_is_digits_before_it_becomes_part_of_an_address():
    with pytest.raises(RefusedError, match="is no job number"):
        ray_jobs.leave("1/../../x", ray_jobs.job_order("ray", 0, 1))


@pytest.mark.parametrize(
    ("status", "text", "said"),
    [
        (401, "Unauthorized", "wants a token"),
        (404, "Not Found", "is not the job API of a Ray"),
        (400, "Traceback …\nTypeError: entrypoint must be a string", "refused (400): TypeError: entrypoint must be a"),
        (500, "", "refused (500): no reason given."),
    ],
)
def test_an_error_is_a_sentence(status, text, said):
    assert said in ray_jobs.sentence("http://head:8265", status, text)


def test_a_ray_that_is_not_there_says_how_to_get_one_and_is_not_imported(tmp_path):
    code = (
        "import sys, importlib.util as util\n"
        "from monitor.launcher.engines import ray_jobs\n"
        "util.find_spec = lambda name: None\n"  # as where it is not installed
        "try:\n    ray_jobs.call('http://127.0.0.1:1', 'GET', '/api/jobs/', None, 5)\n"
        "except Exception as problem:\n    print(problem)\n"
        "assert 'ray' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "No Ray answers at http://127.0.0.1:1 (Connection refused)" in done.stdout
    assert "pip install 'ray[default]'" in done.stdout and "ray start --head" in done.stdout


def test_a_job_of_ray_inside_of_one_of_slurm_is_rays():
    config = json.dumps({"runtime_env": {}, "metadata": {"job_submission_id": "vitalsigns-5", "job_name": "demo"}})
    found = job_of({"RAY_JOB_CONFIG_JSON_ENV_VAR": config, "SLURM_JOB_ID": "17"})
    assert (found["kind"], found["job_id"]) == ("ray", "vitalsigns-5")
    for damaged in ("", "{}", "[]", '{"metadata": null}', "{"):
        assert job_of({"RAY_JOB_CONFIG_JSON_ENV_VAR": damaged}) == {}


def test_the_token_is_sent_where_this_user_has_one(tmp_path, monkeypatch):
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_MODE"):
        monkeypatch.delenv(name, raising=False)
    assert ray_jobs.token_header() == {}
    (tmp_path / "token").write_text("of-a-file\n")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "token"))
    assert ray_jobs.token_header() == {}
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    assert ray_jobs.token_header() == {"Authorization": "Bearer of-a-file"}
    monkeypatch.setenv("RAY_AUTH_TOKEN", "own\r\nX-Evil: 1")
    assert ray_jobs.token_header() == {}
