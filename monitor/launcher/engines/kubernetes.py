"""A Kubernetes Job for a command, described and never submitted: the manifest that `start --on k8s --dry-run` prints.

In the pod `start --foreground` is the run's supervisor, on a volume that the page's machine reads too. Over several
nodes it is KubeRay's RayJob: a Ray of as many workers, in which the same command runs.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from monitor.launcher.engines.submitting import minutes_of
from monitor.run_dir.errors import UsageError

IMAGE, CLAIM = "REPLACE/your-training:TAG", "runs"
RUNS_PLACE, STATE_PLACE = "/runs", "/state"
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
END_SECS = 30
"""After the grace of a stop, for what the supervisor still writes."""
LONGEST_NAME = 63
LONGEST_RAY_NAME = 47
"""KubeRay refuses a longer one: it makes names of services from it."""
RAY_VERSION = "2.60.0"
HEAD = f"""\
# Nothing was submitted and no run was made. Before `kubectl apply -f`:
# - image: one that has your training and `pip install 'vitalsigns[monitor]'`; {IMAGE} is none;
# - claimName: a PersistentVolumeClaim that the dashboard's machine mounts too; its runs lie there, owned by this user.
# One try (backoffLimit 0): a second pod would begin a second run. `kubectl delete {{kind}}` stops it by SIGTERM.
"""
RAY_HEAD = f"""\
# - the image has that Ray too ({RAY_VERSION}, rayVersion), and the cluster KubeRay's operator;
# - the command asks Ray for its workers by itself, as `python -m trainer --ray_workers N` does.
"""


def described(
    words: Sequence[str],
    name: str,
    *,
    queue: str = "",
    gpus: int = 0,
    time_limit: str = "",
    nodes: int = 1,
    nproc: int = 1,
    options: str = "",
    grace_secs: float = 60.0,
) -> dict[str, Any]:
    """The Job as its API has it. `words`: the command line after `vitalsigns` that the pod runs; `name`: of the run;
    `queue`: a queue of Kueue, what SLURM calls a partition; the rest as for SLURM.

    Raises UsageError for options of sbatch, an odd limit, and processes on several nodes.
    """
    if options:
        raise UsageError("--sbatch holds options of sbatch; with --on k8s edit the manifest.")
    if nodes > 1 and nproc > 1:
        raise UsageError(
            "--nodes with --on k8s is a Ray of as many workers (KubeRay), which the command itself asks for processes: "
            "leave --nproc out."
        )
    if queue and not re.fullmatch(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?", queue):
        raise UsageError(f"--partition {queue}: with --on k8s it is a queue of Kueue: small letters, digits, - and .")
    minutes = minutes_of(time_limit)
    labels = {"app.kubernetes.io/name": "vitalsigns-run"}
    spec: dict[str, Any] = {"backoffLimit": 0}
    if minutes is not None:
        spec["activeDeadlineSeconds"] = max(1, round(60 * minutes))
    if nodes > 1:
        spec |= _ray(words, gpus, nodes, grace_secs)
    else:
        command = {"command": ["vitalsigns", *words]}
        pod = {"restartPolicy": "Never", **_pod("training", command, gpus, nproc, grace_secs)}
        spec["template"] = {"metadata": {"labels": labels}, "spec": pod}
    return {
        "apiVersion": "ray.io/v1" if nodes > 1 else "batch/v1",
        "kind": "RayJob" if nodes > 1 else "Job",
        "metadata": {
            "name": _ray_name(name) if nodes > 1 else _dns_name(name),
            "labels": {**labels, **({QUEUE_LABEL: queue} if queue else {})},
        },
        "spec": spec,
    }


def _ray(words: Sequence[str], gpus: int, workers: int, grace_secs: float) -> dict[str, Any]:
    """What a RayJob has beside a Job's fields. The supervisor runs on the head, which has no GPU and takes no work."""
    head = _pod("ray-head", {}, 0, 1, grace_secs)
    worker = _pod("ray-worker", {}, gpus, 1, grace_secs)
    counts = {"replicas": workers, "minReplicas": workers, "maxReplicas": workers}
    return {
        "entrypoint": shlex.join(["vitalsigns", *words]),
        "shutdownAfterJobFinishes": True,
        "rayClusterSpec": {
            "rayVersion": RAY_VERSION,
            "headGroupSpec": {"rayStartParams": {"num-cpus": "0"}, "template": {"spec": head}},
            "workerGroupSpecs": [
                {"groupName": "workers", **counts, "rayStartParams": {}, "template": {"spec": worker}}
            ],
        },
    }


def _pod(name: str, command: Mapping[str, Any], gpus: int, nproc: int, grace_secs: float) -> dict[str, Any]:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    asked = {"cpu": str(nproc)} if nproc > 1 else {}
    resources = {kind: values for kind, values in (("requests", asked), ("limits", limits)) if values}
    mounts = {"runs": RUNS_PLACE, "state": STATE_PLACE, "shared-memory": "/dev/shm"}
    container: dict[str, Any] = {
        "name": name,
        "image": IMAGE,
        **command,
        "env": [{"name": "XDG_STATE_HOME", "value": STATE_PLACE}],
    }
    container |= {"resources": resources} if resources else {}
    container["volumeMounts"] = [{"name": name, "mountPath": place} for name, place in mounts.items()]
    pod: dict[str, Any] = {"terminationGracePeriodSeconds": round(grace_secs) + END_SECS}
    if os.getuid():
        # Files of a run are for their owner alone: the pod must be the user who looks.
        pod["securityContext"] = {"runAsUser": os.getuid(), "runAsGroup": os.getgid(), "fsGroup": os.getgid()}
    volumes = [
        {"name": "runs", "persistentVolumeClaim": {"claimName": CLAIM}},
        {"name": "state", "emptyDir": {}},
        # 64 MB, a container's usual size, is too little for the workers of a data loader.
        {"name": "shared-memory", "emptyDir": {"medium": "Memory"}},
    ]
    return {**pod, "containers": [container], "volumes": volumes}


def _dns_name(name: str, longest: int = LONGEST_NAME) -> str:
    """A run's name as Kubernetes takes it: My_Run.1 becomes my-run-1."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:longest].strip("-") or "run"


def _ray_name(name: str) -> str:
    """The same as KubeRay takes it, which wants a letter first."""
    plain = _dns_name(name)
    return _dns_name(plain if plain[0].isalpha() else f"run-{plain}", LONGEST_RAY_NAME)


def as_yaml(job: Mapping[str, Any]) -> str:
    """The manifest for a person and for kubectl."""
    kind = str(job["kind"])
    return HEAD.format(kind=kind.lower()) + (RAY_HEAD if kind == "RayJob" else "") + "\n".join(_lines(job)) + "\n"


def _lines(node: Any, depth: int = 0) -> Iterator[str]:
    """Block style; each text is written as JSON, which YAML reads as it is."""
    indent = "  " * depth
    pairs = node.items() if isinstance(node, Mapping) else (("-", each) for each in node)
    for key, value in pairs:
        lead = f"{indent}-" if key == "-" else f"{indent}{_key(str(key))}:"
        if not isinstance(value, (Mapping, list)) or not value:
            yield f"{lead} {json.dumps(value)}"
        elif key == "-":
            first, *rest = _lines(value, depth + 1)
            yield f"{lead} {first.lstrip()}"
            yield from rest
        else:
            yield lead
            yield from _lines(value, depth + 1)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z][A-Za-z0-9./-]*", name) else json.dumps(name)
