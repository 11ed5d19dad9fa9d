"""The manifest of a Kubernetes Job: its fields, its words, and what is refused. No Kubernetes ran."""

import json
import os
import shlex
import subprocess
import sys

import pytest
import yaml

from monitor.commands.cli import main
from monitor.launcher.engines.kubernetes import as_yaml, described
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, EXIT_USAGE

TEXT, COUNT, NAMES = str, int, dict
META = {"name": TEXT, "labels": NAMES}
MOUNT = {"name": TEXT, "mountPath": TEXT}
VOLUME = {"name": TEXT, "persistentVolumeClaim": {"claimName": TEXT}, "emptyDir": {"medium": TEXT}}
CONTAINER = {
    **{"name": TEXT, "image": TEXT, "command": [TEXT], "env": [{"name": TEXT, "value": TEXT}]},
    **{"resources": {"limits": NAMES, "requests": NAMES}, "volumeMounts": [MOUNT]},
}
POD = {
    **{"restartPolicy": TEXT, "terminationGracePeriodSeconds": COUNT, "containers": [CONTAINER], "volumes": [VOLUME]},
    "securityContext": {"runAsUser": COUNT, "runAsGroup": COUNT, "fsGroup": COUNT},
}
TEMPLATE = {"metadata": META, "spec": POD}
JOB = {
    **{"apiVersion": TEXT, "kind": TEXT, "metadata": META},
    "spec": {"backoffLimit": COUNT, "activeDeadlineSeconds": COUNT, "template": TEMPLATE},
}
"""Fields of batch/v1 Job that the manifest may use, with their kinds; compared by hand with the models of the official
client (kubernetes 37.0.2: V1Job, V1JobSpec, V1PodSpec, V1Container, V1Volume …), which is too large a requirement."""


RAY_POD = {"spec": {key: kind for key, kind in POD.items() if key != "restartPolicy"}}
WORKERS = {
    **{"groupName": TEXT, "replicas": COUNT, "minReplicas": COUNT, "maxReplicas": COUNT},
    **{"rayStartParams": NAMES, "template": RAY_POD},
}
CLUSTER = {
    **{"rayVersion": TEXT, "headGroupSpec": {"rayStartParams": NAMES, "template": RAY_POD}},
    "workerGroupSpecs": [WORKERS],
}
RAY_JOB = {
    **{"apiVersion": TEXT, "kind": TEXT, "metadata": META},
    "spec": {
        **{"backoffLimit": COUNT, "activeDeadlineSeconds": COUNT, "entrypoint": TEXT, "shutdownAfterJobFinishes": bool},
        "rayClusterSpec": CLUSTER,
    },
}
"""The same of KubeRay's RayJob, by hand from its types (ray-operator/apis/ray/v1: RayJobSpec, RayClusterSpec …)."""


def check(node, shape, place="Job"):
    """Every field of a document is in the table, with the kind it has there."""
    if isinstance(shape, dict):
        assert isinstance(node, dict), place
        for key, value in node.items():
            assert key in shape, f"{place} has no field {key}"
            check(value, shape[key], f"{place}.{key}")
    elif isinstance(shape, list):
        assert isinstance(node, list) and node, place
        for each in node:
            check(each, shape[0], f"{place}[]")
    elif shape is NAMES:
        assert all(isinstance(part, str) for pair in node.items() for part in pair), place
    else:
        assert type(node) is shape, f"{place}: {node!r}"


def printed(capsys, *words, code=EXIT_OK):
    assert main(["start", "--on", "k8s", *words]) == code
    return capsys.readouterr()


FULL = ("--partition", "lab", "--gpus", "2", "--time", "12:00:00", "--nproc", "2", "--name", "My_Run", "--grace", "90")


def test_the_words_for_slurm_give_a_job_whose_pod_starts_the_same_command(capsys, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 1234)
    text = printed(capsys, "--dry-run", *FULL, "--if-bad", "stop", "--", "python", "train.py", "--out", "{run_dir}").out
    job = yaml.safe_load(text)
    check(job, JOB)
    assert (job["apiVersion"], job["kind"], job["metadata"]["name"]) == ("batch/v1", "Job", "my-run")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "lab"
    assert (job["spec"]["backoffLimit"], job["spec"]["activeDeadlineSeconds"]) == (0, 43_200)
    pod = job["spec"]["template"]["spec"]
    assert (pod["restartPolicy"], pod["terminationGracePeriodSeconds"]) == ("Never", 120)
    assert pod["securityContext"]["runAsUser"] == 1234
    (container,) = pod["containers"]
    assert container["resources"] == {"requests": {"cpu": "2"}, "limits": {"nvidia.com/gpu": "2"}}
    mounted, made = ({each["name"] for each in found} for found in (container["volumeMounts"], pod["volumes"]))
    assert mounted == made
    verb, *rest = container["command"][1:]
    assert (container["command"][0], verb, rest[:3]) == ("vitalsigns", "start", ["--foreground", "--runs", "/runs"])
    assert rest[3:9] == ["--name", "My_Run", "--if-bad", "stop", "--grace", "90"]
    ours = rest[rest.index("--") + 1 :]
    assert ours[:4] == ["python", "-m", "torch.distributed.run", "--standalone"] and ours[-2:] == ["--out", "{run_dir}"]


def test_over_nodes_it_is_a_ray_of_as_many_workers_whose_head_runs_the_same_command(capsys):
    words = ("--nodes", "3", "--gpus", "2", "--time", "60", "--partition", "lab", "--name", "wide")
    ours = ["python", "-m", "trainer", "--ray_workers", "6", "--note", "two words"]
    out = printed(capsys, "--dry-run", *words, "--", *ours).out
    job = yaml.safe_load(out)
    check(job, RAY_JOB, "RayJob")
    assert (job["apiVersion"], job["kind"], job["metadata"]["name"]) == ("ray.io/v1", "RayJob", "wide")
    assert job["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "lab"
    spec, cluster = job["spec"], job["spec"]["rayClusterSpec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"], spec["shutdownAfterJobFinishes"]) == (0, 3600, True)
    entrypoint = shlex.split(spec["entrypoint"])
    assert (
        entrypoint[:3] == ["vitalsigns", "start", "--foreground"] and entrypoint[entrypoint.index("--") + 1 :] == ours
    )
    (group,) = cluster["workerGroupSpecs"]
    assert (group["replicas"], group["minReplicas"], group["maxReplicas"]) == (3, 3, 3)
    (head,), (worker,) = (each["template"]["spec"]["containers"] for each in (cluster["headGroupSpec"], group))
    assert worker["resources"] == {"limits": {"nvidia.com/gpu": "2"}} and "resources" not in head
    assert "command" not in head and "command" not in worker  # KubeRay starts Ray in them
    assert "kubectl delete rayjob" in out and "KubeRay's operator" in out


def test_the_command_of_the_pod_really_starts_a_run(capsys, tmp_path):
    text = printed(capsys, "--dry-run", "--run-id", "one", "--", sys.executable, "-c", "print(1)").out
    command = yaml.safe_load(text)["spec"]["template"]["spec"]["containers"][0]["command"]
    argv = [
        sys.executable,
        "-m",
        "monitor",
        *(str(tmp_path / "runs") if word == "/runs" else word for word in command[1:]),
    ]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "runs" / "one" / "state.json").read_text())["state"] == "finished"


@pytest.mark.parametrize(
    "argv",
    [
        [
            "python",
            "-c",
            "print('a: b # c')\nprint(\"\\t\")",
            "--lr",
            "1e-3",
            "yes",
            "null",
            "- x",
            "ümlaut",
            "{a}",
            "",
        ],
        ["./train", "--flag=&anchor", "*alias", "!tag", "%", "|", ">", "\u2028", "\x07"],
    ],
)
def test_every_word_of_a_command_comes_out_of_the_yaml_as_it_went_in(capsys, argv):
    out = printed(capsys, "--dry-run", "--", *argv).out
    command = yaml.safe_load(out)["spec"]["template"]["spec"]["containers"][0]["command"]
    assert command[command.index("--") + 1 :] == argv
    as_json = json.loads(printed(capsys, "--dry-run", "--json", "--", *argv).out)["manifest"]
    assert as_json == yaml.safe_load(out)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), EXIT_REFUSED, "described, not submitted: add --dry-run"),
        (("--dry-run", "--nodes", "2", "--nproc", "2"), EXIT_USAGE, "KubeRay"),
        (("--dry-run", "--sbatch", "-A lab"), EXIT_USAGE, "edit the manifest"),
        (("--dry-run", "--partition", "GPU_big"), EXIT_USAGE, "queue of Kueue"),
        (("--dry-run", "--time", "soon"), EXIT_USAGE, "--time soon"),
        (("--dry-run", "--device", "0"), EXIT_USAGE, "with --foreground, --device"),
    ],
)
def test_what_cannot_be_described_is_refused_and_makes_no_run(capsys, tmp_path, monkeypatch, words, code, said):
    monkeypatch.setenv("VITALSIGNS_RUNS", str(tmp_path / "runs"))
    assert said in printed(capsys, *words, "--", "python", "train.py", code=code).err
    assert not (tmp_path / "runs").exists()


def test_a_dry_start_without_kubernetes_is_refused(capsys):
    assert main(["start", "--dry-run", "--", "python", "train.py"]) == EXIT_USAGE
    assert "--dry-run only with --on k8s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "job", "ray_job"),
    [
        ("My_Run.1", "my-run-1", "my-run-1"),
        ("__", "run", "run"),
        ("7b-lora", "7b-lora", "run-7b-lora"),
        ("a" * 46 + "_b" * 20, f"{'a' * 46}{'-b' * 8}", "a" * 46),
        ("ü" * 70 + "x", "x", "x"),
    ],
)
def test_a_name_is_one_that_kubernetes_and_kuberay_take(name, job, ray_job):
    assert described(["start"], name)["metadata"]["name"] == job
    assert described(["start"], name, nodes=2)["metadata"]["name"] == ray_job
    assert len(job) <= 63 and len(ray_job) <= 47


def test_what_is_not_asked_for_has_no_field(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 0)
    job = described(["start"], "r", grace_secs=10.4)
    assert set(job["spec"]) == {"backoffLimit", "template"}
    assert job["metadata"]["labels"] == {"app.kubernetes.io/name": "vitalsigns-run"}
    pod = job["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == 40 and "securityContext" not in pod
    assert "resources" not in pod["containers"][0]
    assert described(["start"], "r", time_limit="0:00")["spec"]["activeDeadlineSeconds"] == 1


def test_empty_parts_and_odd_keys_of_a_manifest_are_read_back_as_they_are():
    odd = {"kind": "Job", "a key": {}, "list": [[], {"x": [1, "two: 3"]}, "- y"], "none": None, "n": 1.5, "b": True}
    assert yaml.safe_load(as_yaml(odd)) == odd
