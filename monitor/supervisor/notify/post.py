"""`python -m monitor.supervisor.notify.post`: sends the letters of one job in a process of its own.

A service that hangs, or Apprise's 40 MB, must never be felt by the supervisor that watches a trainer.
The job comes as one line of JSON on stdin, the results go as lines of JSON to stdout, as soon as each is known.
Addresses are read here from vitalsigns.toml and the environment: they stand in no argument, pipe or file.
Nothing that Apprise says is passed on as it is, because an address may stand in it: only our own words leave.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import msgspec

from monitor.diagnosis.settings import read_settings
from monitor.run_dir import Severity
from monitor.run_dir.errors import MonitorError, UsageError, guarded
from monitor.supervisor.notify.letters import Delivery, Job, Letter, resolved
from monitor.supervisor.notify.picture import picture_of

REPLY_SECS = 20.0
"""How long a service may take to answer."""
AT_ONCE = 8
KINDS: dict[Severity, str] = {"info": "info", "warning": "warning", "critical": "failure"}
ANSWERED = re.compile(r"error=(\d{3})\b")


def main() -> int:
    """Reads one job from stdin and writes each delivery as a line of JSON as soon as it is known. Returns 0."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    threading.Thread(target=_leave_with_the_sender, daemon=True).start()
    logging.getLogger().addHandler(logging.NullHandler())  # with no handler at all, warnings would go to stderr
    picture = _picture(job.run_dir)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in as_completed([pool.submit(_deliver, letter, job.settings, picture) for letter in job.letters]):
            sys.stdout.buffer.write(msgspec.json.encode(done.result()) + b"\n")
            sys.stdout.buffer.flush()
    return 0


def _picture(run_dir: str) -> bytes | None:
    """The curves of the run; a message is never lost for want of a picture."""
    return guarded(lambda: picture_of(Path(run_dir)), lambda _: None) if run_dir else None


def _deliver(letter: Letter, settings: str, picture: bytes | None = None) -> Delivery:
    """Sends one letter, with the picture where the service takes one. Raises nothing."""

    def failed(fault: Exception) -> str:
        """Why it was not delivered, without what an address or a service's answer may hold."""
        # Any of a hundred services may fail in its own way, in words that may hold secrets: only ours leave.
        return str(fault) if isinstance(fault, MonitorError) else f"Apprise failed with {type(fault).__name__}"

    why = guarded(lambda: _resolved_and_sent(letter, settings, picture), failed)
    return Delivery(letter.to, not why, why)


def _resolved_and_sent(letter: Letter, settings: str, picture: bytes | None) -> str:
    template = read_settings(Path(settings)).notify.by_key().get(letter.to)
    if template is None:
        raise UsageError("it is no longer in vitalsigns.toml")
    return _send(letter, resolved(template, os.environ), picture)


def _send(letter: Letter, address: str, picture: bytes | None) -> str:
    """Empty when it was delivered, else why not."""
    import apprise
    from apprise.attachment.memory import AttachMemory

    asset = apprise.AppriseAsset(app_id="Vitalsigns", storage_mode="memory", plugin_paths=[])
    service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if service is None:
        return "Apprise does not understand this address"
    service.socket_read_timeout = REPLY_SECS
    said: list[str] = []
    post = apprise.Apprise(asset=asset)
    post.add(service)
    shown = picture is not None and service.attachment_support
    kind = apprise.NotifyType(KINDS[letter.severity])
    sent = post.notify(
        body=letter.body,
        title=letter.title,
        notify_type=kind,
        body_format=apprise.NotifyFormat.TEXT,
        attach=AttachMemory(picture, name="curves.png", mimetype="image/png") if shown else None,
        log_callback=lambda entry, _service: said.append(str(entry)),
    )
    return "" if sent else _in_our_words(" ".join(said))


def _in_our_words(said: str) -> str:
    status = ANSWERED.search(said)
    if status:
        return f"the service answered {status[1]}"
    if "onnection" in said:
        return "the service could not be reached, or did not answer in time"
    return "the service did not take it"


def _leave_with_the_sender() -> None:
    """Ends this process when the one that asked for it is gone: who comes after it would send everything again."""
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
