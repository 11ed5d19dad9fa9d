"""Which device a run reserves; asked only if there is a choice."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from monitor.launcher.devices import Device, machine
from monitor.run_dir import Launch, words
from monitor.run_dir.status import device_words

ALONE_NOWHERE = "no reserved device: starts at once"


def pick_device(runs_dir: Path, launch: Launch | None, key: str = "restart_device") -> str | None:
    """The device (`slots.device_name`), or None for "same as the parent" if nothing was asked. `launch`: the parent's.

    There is no choice on a machine without a GPU if the parent had no reserved device.
    """
    here = machine(runs_dir)
    had = launch.device if launch is not None else ""
    if not here.gpus and not had:
        return None
    labels = {ALONE_NOWHERE: ""}
    labels |= {_label(device): device.name for device in here.devices if device.name in here.gpus}
    if len(here.gpus) > 1:
        labels["the first free GPU"] = "cuda"
    if had and had not in labels.values():
        labels[f"{device_words(had)}, same as the parent"] = had
    names = list(labels)
    first = list(labels.values()).index(had)
    return labels[str(st.selectbox("Device", names, first, key=key))]


def _label(device: Device) -> str:
    """GPU 1, anna, 15.0 GiB free."""
    who = sorted({tenant.run or tenant.user or "another process" for tenant in device.tenants})
    free = f"{words.size(device.free_bytes)} free" if device.free_bytes is not None else ""
    return ", ".join(filter(None, [device_words(device.name), *who[:3], free]))
