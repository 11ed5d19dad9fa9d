"""Which device a run reserves: asked where there is a choice."""

from pathlib import Path

import pytest

from monitor.launcher.devices import Device, Machine, Tenant
from monitor.run_dir import Launch
from monitor.ui.dialogs import device
from monitor.ui.dialogs.device import ALONE_NOWHERE, pick_device

CPU = Device("cpu", "CPU")
FIRST = Device(
    "cuda:0", "GPU", 2**30, 2**34, tenants=(Tenant(1, 9, "ana", "owl"), Tenant(2, 9, "ben"), Tenant(3, 9), Tenant(4, 9))
)
SECOND = Device("cuda:1", "GPU")


@pytest.fixture
def here(monkeypatch):
    def having(*devices):
        monkeypatch.setattr(device, "machine", lambda runs_dir: Machine("h", (*devices, CPU), None))

    return having


def had(name):
    return Launch(run_id="r", created_at=1.0, device=name)


def test_without_a_gpu_there_is_no_choice_unless_the_parent_had_a_device(screen, here):
    here()
    assert pick_device(Path("runs"), None) is None and pick_device(Path("runs"), had("")) is None
    assert screen.offered == {}
    assert pick_device(Path("runs"), had("cpu")) == "cpu"
    assert screen.offered["restart_device"] == [ALONE_NOWHERE, "the CPU, same as the parent"]


def test_each_gpu_is_offered_with_who_is_on_it_and_the_first_free_one_of_several(screen, here):
    here(FIRST)
    assert pick_device(Path("runs"), None, "k") == ""
    assert screen.offered["k"] == [ALONE_NOWHERE, "GPU 0, another process, ben, owl, 15.0 GiB free"]
    here(FIRST, SECOND)
    screen.typed = {"k": "the first free GPU"}
    assert pick_device(Path("runs"), None, "k") == "cuda"
    assert screen.offered["k"][2:] == ["GPU 1", "the first free GPU"]


def test_the_parents_device_is_chosen_first_and_is_there_even_where_this_machine_has_none_such(screen, here):
    here(FIRST, SECOND)
    assert pick_device(Path("runs"), had("cuda:1")) == "cuda:1"
    assert len(screen.offered["restart_device"]) == 4
    assert pick_device(Path("runs"), had("cuda:7")) == "cuda:7"
    assert screen.offered["restart_device"][-1] == "GPU 7, same as the parent"
    screen.typed = {"restart_device": ALONE_NOWHERE}
    assert pick_device(Path("runs"), had("cuda:7")) == ""
