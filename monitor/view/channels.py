"""How messages about a run reach a person who has no page open: the state of each address, and what is sent when."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.diagnosis.settings import PLACEHOLDER, SETTINGS_FILE, Settings, not_allowed, refused_variables
from monitor.view.shapes.answers import Channel, Channels

NAMES = {
    "mailto": "mail",
    "mailtos": "mail",
    "slack": "Slack",
    "tgram": "Telegram",
    "discord": "Discord",
    "msteams": "Microsoft Teams",
    "json": "webhook",
    "jsons": "webhook",
    "ntfys": "ntfy",
}
"""Schemes of Apprise that say little to a person."""
EVENTS = {
    "start": "When a run starts.",
    "end": "When a run ends, however it ends.",
    "failed": "When a run fails or is lost.",
}
SUPERVISED = "The run's supervisor sends them, whether or not a page is open."
UNSUPERVISED = "This run has no supervisor: messages about it are sent while python -m monitor watch runs."


def channels(
    settings: Settings,
    supervised: bool,
    environment: Mapping[str, str],
    folder: str = "",
    results: Mapping[str, str] | None = None,
) -> Channels:
    """`supervised`: whether the run has a supervisor. `environment`: of the page's server. `folder`: where the
    settings are looked for. `results`: address → why a test was not delivered, "" where it was."""
    found = [
        Channel(
            key=key,
            name=_name(key),
            why=_missing(template, environment),
            tested="" if results is None or key not in results else results[key] or "delivered",
            delivered=results is not None and results.get(key) == "",
        )
        for key, template in settings.notify.by_key().items()
    ]
    return Channels(
        settings=str(settings.path or ""),
        problem=settings.problem,
        channels=found,
        sent=_sent(settings),
        sender=SUPERVISED if supervised else UNSUPERVISED,
        file=SETTINGS_FILE,
        folder=folder,
    )


def _name(key: str) -> str:
    kind = key.partition("-")[2]
    return NAMES.get(kind, kind)


def _missing(template: str, environment: Mapping[str, str]) -> str:
    """Why nothing can be sent to this address from here; never a value."""
    if refused := refused_variables(template, environment):
        return not_allowed(refused)
    missing = sorted({name for name in PLACEHOLDER.findall(template) if not environment.get(name)})
    return f"the environment has no {', '.join(missing)}" if missing else ""


def _sent(settings: Settings) -> list[str]:
    wishes = settings.notify
    lines = []
    if wishes.severities:
        kinds = " or ".join(wishes.severities)
        lines.append(f"When a {kinds} finding is raised or gets worse, and once when it is over.")
        pause = f"At most one message in {wishes.min_minutes:g} min about one run"
        lines.append(f"{pause}; a graver finding, a start or an end does not wait.")
    else:
        lines.append("No finding is sent: severities is empty.")
    lines += [EVENTS[event] for event in wishes.events]
    lines.append("When the away policy acts, always.")
    return lines
