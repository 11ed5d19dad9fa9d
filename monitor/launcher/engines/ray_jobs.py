"""Ray through its job API (HTTP, `/api/jobs/` of the dashboard): submit, look, stop, and its errors in sentences.

Ray itself is never imported: its own client waits without a limit and loads 100 MB. Every question here ends within
seconds, follows no redirection, and goes through no proxy. A job asks for `nproc` CPUs and its GPUs, so that Ray counts
what the training uses, and runs the run's supervisor as its entrypoint.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import secrets
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from monitor.launcher.engines.engine import PATIENCE_SECS, digits
from monitor.run_dir import JobOrder, JobSeen, Launch, job_words, processes, words
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.launch import command_of
from monitor.run_dir.words import PACKAGE

PORT = 8265
USUAL = f"http://127.0.0.1:{PORT}"
LOOK_SECS = 5.0
LONGEST_ANSWER = 2**20
LONGEST_SAID = 300
NOT_STARTED = "Job has not started yet."
HANDED_ON = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
"""Variables that point to this user's keys and settings; a job begins with the variables of Ray's own user."""
INSTALL = "pip install 'ray[default]'"


def job_order(on: str, gpus: int, nproc: int) -> JobOrder:
    """What is asked of Ray. `on`: ray, or ray://HOST[:PORT] of its dashboard. Raises UsageError for no such address."""
    return JobOrder(engine="ray", address=address_of(on), gpus=gpus, nproc=nproc)


def address_of(on: str) -> str:
    """http://HOST:PORT of the job API. Without one in `on` it is RAY_API_SERVER_ADDRESS, else this machine's."""
    text = on.removeprefix("ray").removeprefix("://") or os.environ.get("RAY_API_SERVER_ADDRESS", "") or USUAL
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port or PORT
    except ValueError:
        port = 0
    is_plain = parts.scheme in ("http", "https") and parts.path in ("", "/") and parts.username is None
    if not is_plain or not port or not re.fullmatch(r"[A-Za-z0-9.-]+|[0-9a-f:]+", parts.hostname or ""):
        raise UsageError(f"--on {on}: must be ray or ray://HOST:PORT, of the dashboard of a Ray ({USUAL}).")
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def script(run_dir: Path, launch: Launch, after: str = "") -> str:
    """What is submitted, for a person to read: the last line is the entrypoint."""
    order = launch.job
    assert order is not None
    lines = [
        "#!/bin/sh",
        f"# A job of the Ray at {order.address}, which asks for {asks(order)}; Ray runs the last line.",
        "# The supervisor starts this command, and stays to its end:",
        *(f"#   {line}" for line in command_of(launch.argv, run_dir).splitlines()),
        _entrypoint(run_dir, after),
        "",
    ]
    return "\n".join(lines)


def _entrypoint(run_dir: Path, after: str) -> str:
    kept = [f"{name}={os.environ[name]}" for name in HANDED_ON if os.environ.get(name)]
    python = [sys.executable, "-m", f"{PACKAGE}.supervisor", str(run_dir.absolute()), "--job"]
    python += ["--after-parent"] if after else []
    return f"cd {shlex.quote(str(processes.HOME))} && exec {shlex.join([*(['env', *kept] if kept else []), *python])}"


def asks(order: JobOrder) -> str:
    """1 CPU and 2 GPUs."""
    return words.count(order.nproc, "CPU") + (f" and {words.count(order.gpus, 'GPU')}" if order.gpus else "")


def submit(run_dir: Path, launch: Launch, after: str) -> str:
    """Submits the run and returns the job's number. Raises RefusedError with what Ray says."""
    order = launch.job
    assert order is not None
    number = str(secrets.randbelow(9 * 10**11) + 10**11)
    asked = {
        "submission_id": name_of(number),
        "entrypoint": _entrypoint(run_dir, after),
        "entrypoint_num_cpus": order.nproc,
        "entrypoint_num_gpus": order.gpus,
        "metadata": {"job_name": launch.run_id},
    }
    call(order.address, "POST", "/api/jobs/", asked, PATIENCE_SECS)
    return number


def leave(job: str, order: JobOrder) -> None:
    """Ray takes no job out before it starts: it ends it then, and the supervisor finds that it is wanted no more."""
    _stop_job(job, order)


def nudge(job: str, order: JobOrder, hard: bool) -> None:
    """Ray knows one way: SIGTERM to every process of the job, and SIGKILL three seconds later."""
    _stop_job(job, order)


def _stop_job(job: str, order: JobOrder) -> None:
    call(order.address, "POST", f"/api/jobs/{name_of(job)}/stop", {}, PATIENCE_SECS)


def removal(seen: JobSeen) -> str:
    """With the address of the Ray, so that it works from any terminal."""
    return f"ray job stop --address {seen.address} {name_of(seen.job_id)}"


def asked(known: Sequence[JobSeen], now: float) -> dict[str, JobSeen]:
    """What Ray says of those of these jobs that have not ended. Raises RefusedError where it does not answer."""
    found: dict[str, JobSeen] = {}
    for seen in known:
        if seen.ended_at is None:
            said = call(seen.address, "GET", f"/api/jobs/{name_of(seen.job_id)}", None, LOOK_SECS)
            found |= {seen.job_id: parsed(said, seen, now)} if isinstance(said, dict) else {}
    waiting = [number for number, seen in found.items() if job_words.is_waiting(seen)]
    if waiting:
        free = free_in(call(known[0].address, "GET", "/api/cluster_status", None, LOOK_SECS))
        for number in waiting if free else []:
            found[number] = replace(found[number], reason=f"{found[number].reason}; free: {free}")
    return found


def free_in(status: Any) -> str:
    """What is free of the cluster's CPUs and GPUs: "1 of 2 CPUs, 0 of 2 GPUs"; "" where Ray has not counted yet."""
    return ", ".join(
        f"{free:g} of {words.count(round(total), kind)}" for kind, (free, total) in counted(status).items()
    )


def counted(status: Any) -> dict[str, tuple[float, float]]:
    """CPU and GPU → (free, in all), of Ray's answer about the cluster; empty where it has not counted yet."""
    try:
        usage = status["data"]["clusterStatus"]["loadMetricsReport"]["usage"]
        pairs = {kind: [float(each) for each in usage.get(kind, (0, 0))] for kind in ("CPU", "GPU")}
        free = {kind: (total - used, total) for kind, (used, total) in pairs.items()}
        return free if any(total for _, total in free.values()) else {}
    except (TypeError, KeyError, ValueError, AttributeError):
        return {}


def resources(address: str) -> dict[str, tuple[float, float]]:
    """What is free at a Ray, as `counted`. Raises RefusedError where it does not answer."""
    return counted(call(address, "GET", "/api/cluster_status", None, LOOK_SECS))


def parsed(said: dict[str, Any], seen: JobSeen, now: float) -> JobSeen:
    """A job as Ray's answer describes it; what the answer lacks is left empty."""
    state, message = str(said.get("status", ""))[:40], str(said.get("message") or "")
    is_over = bool(state) and state not in job_words.WAITING["ray"] | job_words.AT_WORK["ray"]
    place = urlsplit(str(said.get("driver_agent_http_address") or "")).hostname or ""
    reason = _why_it_waits(message, seen.asks) if state == "PENDING" else str(said.get("error_type") or "")[:60]
    ended = said.get("end_time")
    return JobSeen(
        engine="ray",
        address=seen.address,
        job_id=seen.job_id,
        run_dir=seen.run_dir,
        state=state,
        reason=reason,
        asks=seen.asks,
        nodes=place,
        exit_status="" if said.get("driver_exit_code") is None else str(said["driver_exit_code"])[:20],
        ended_at=(ended / 1000 if isinstance(ended, int | float) and ended > 0 else now) if is_over else None,
        said=_last_words(message) if state == "FAILED" else "",
    )


def _why_it_waits(message: str, asks: str) -> str:
    """Ray's own words, and what the job asks for."""
    own = message.removeprefix(NOT_STARTED).strip().rstrip(".")[:LONGEST_SAID] or NOT_STARTED.rstrip(".")
    return f"{own}; it asks for {asks}" if asks else own


def _last_words(message: str) -> str:
    """The line of a message that says why; it may hold a log's end: of an actor's death "because", else the last."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    because = next((line for line in lines if "because" in line), "")
    return (because or (lines[-1] if lines else ""))[:LONGEST_SAID]


def name_of(job: str) -> str:
    """What a job is called in Ray, from its number."""
    return f"{job_words.SUBMISSION}{digits(job)}"


def call(address: str, verb: str, path: str, body: object, secs: float, most: int = LONGEST_ANSWER) -> Any:
    """The answer of the job API, None for a job that it does not know. Raises RefusedError, one sentence."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=secs)
    headers = {"Content-Type": "application/json", **token_header()}
    try:
        connection.request(verb, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        status, text = answer.status, answer.read(most).decode("utf-8", "replace")
    except TimeoutError:
        raise RefusedError(f"The Ray at {address} did not answer within {secs:.0f} s.") from None
    except http.client.HTTPException:
        raise RefusedError(_no_api(address)) from None
    except OSError as problem:
        raise RefusedError(_silent(address, problem)) from None
    finally:
        connection.close()
    if status == 404 and "does not exist" in text:
        return None
    if status != 200:
        raise RefusedError(sentence(address, status, text))
    try:
        return json.loads(text)
    except ValueError:
        raise RefusedError(_no_api(address)) from None


def token_header() -> dict[str, str]:
    """The header of Ray's token authentication, where this user has one: RAY_AUTH_TOKEN or Ray's own file of it."""
    token = os.environ.get("RAY_AUTH_TOKEN", "")
    if not token and os.environ.get("RAY_AUTH_MODE", "") == "token":
        file = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            token = ""
    return {"Authorization": f"Bearer {token}"} if token.isascii() and token.isprintable() and token else {}


def _no_api(address: str) -> str:
    return f"What answers at {address} is not the job API of a Ray, which its dashboard has (port {PORT} if not set)."


def _silent(address: str, problem: OSError) -> str:
    how = f"Start one (ray start --head), or name another: --on ray://HOST:{PORT}, of its dashboard."
    if importlib.util.find_spec("ray") is None:
        how = f"Ray is not installed here ({INSTALL}). {how}"
    return f"No Ray answers at {address} ({problem.strerror or problem}). {how}"


def sentence(address: str, status: int, text: str) -> str:
    """Ray's error, with its meaning where that is known."""
    if status in (401, 403):
        return f"The Ray at {address} wants a token: set RAY_AUTH_TOKEN, or RAY_AUTH_MODE=token with Ray's token file."
    if status in (404, 405):
        return _no_api(address)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    why = words.sentence((lines or ["no reason given"])[-1][:LONGEST_SAID])
    return f"The Ray at {address} refused ({status}): {why}"
