from pathlib import Path

import pytest
import torch

from unisono.core.errors import ConfigError
from unisono.training import device
from unisono.training.device import has_bf16, resolve_machine
from unisono.training.settings import TrainingSettings

CPU = torch.device("cpu")


def test_auto_takes_bf16_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainingSettings(device="cpu")
    for flags, expected in [
        ({"avx512_bf16": True}, "bf16"),
        ({"amx_bf16": True}, "bf16"),
        ({"avx512_f": True, "amx_bf16": False}, "fp32"),
    ]:
        monkeypatch.setattr(device.torch.cpu, "get_capabilities", lambda f=flags: f)
        assert resolve_machine(settings).precision == expected
    monkeypatch.delattr(device.torch.cpu, "get_capabilities")
    assert resolve_machine(settings).precision == "fp32"
    with pytest.raises(ConfigError, match="no bf16 of its own"):
        resolve_machine(TrainingSettings(device="cpu", precision="bf16"))


def test_it_agrees_with_the_kernel_about_this_processor() -> None:
    listing = Path("/proc/cpuinfo")
    if not listing.exists():
        pytest.skip("the kernel does not list the processor's flags here")
    flags = listing.read_text().split()
    assert has_bf16(CPU) == any(name in flags for name in ("avx512_bf16", "amx_bf16", "bf16"))


@pytest.mark.parametrize("name", ["cuda:99", "abacus"])
def test_a_device_that_does_not_exist(name: str) -> None:
    with pytest.raises(ConfigError, match=f"training.device '{name}' cannot be used"):
        resolve_machine(TrainingSettings(device=name))


def test_other_devices_have_no_bf16() -> None:
    assert not has_bf16(torch.device("meta"))


def test_autocast_acts_on_matrix_products_only_when_asked() -> None:
    a = torch.ones(2, 2)
    with device.Machine(CPU, "bf16").autocast():
        assert (a @ a).dtype == torch.bfloat16
    with device.Machine(CPU, "fp32").autocast():
        assert (a @ a).dtype == torch.float32
