import pytest
import torch
from torch import nn
from training_toys import ToyMethod

from unisono.core.contracts import Phase
from unisono.core.errors import ConfigError
from unisono.training.phases import as_module, check_method, locate, total_steps, train_only


def test_locate_walks_the_phases_and_skips_empty_ones() -> None:
    phases = [Phase("a", 2), Phase("none", 0), Phase("b", 1)]
    found = [(p.phase.name, p.step, p.is_last) for p in (locate(phases, k) for k in range(3))]
    assert found == [("a", 0, False), ("a", 1, True), ("b", 0, True)]
    assert total_steps(phases) == 3
    with pytest.raises(ConfigError, match="step 3 lies outside"):
        locate(phases, 3)


def test_only_the_groups_named_are_trained_and_the_rest_stands_still() -> None:
    method = ToyMethod()
    trained = train_only(method, ("net",))
    assert set(trained) == {name for name, _ in method.named_parameters() if name[:3] == "net"}
    assert not method.encoder.training and not method.encoder[2].training  # its dropout rests
    assert method.net.training and method.net[1].training
    train_only(method, ())
    assert method.encoder[2].training and all(p.requires_grad for p in method.parameters())


class Broken(ToyMethod):
    def __init__(self, *, phases: tuple[Phase, ...] = (), groups: object = None) -> None:
        super().__init__()
        self.own_phases, self.own_groups = phases, groups

    @property
    def phases(self) -> tuple[Phase, ...]:
        return self.own_phases

    def groups(self) -> dict[str, list[nn.Parameter]]:
        return self.own_groups or super().groups()  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (Broken(), "no step to train"),
        (Broken(phases=(Phase("a", 1), Phase("a", 1))), "two phases have one name"),
        (Broken(phases=(Phase("a", 1, groups=("encodr",)),)), "Did you mean 'encoder'"),
    ],
)
def test_phases_that_cannot_be_trained(method: Broken, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        check_method(method)


def test_every_parameter_is_in_exactly_one_group() -> None:
    method = Broken(phases=(Phase("a", 1),))
    method.own_groups = {"encoder": list(method.encoder.parameters())}
    with pytest.raises(ConfigError, match="parameter balance is in no group"):
        check_method(method)
    everything = list(method.parameters())
    method.own_groups = {"all": everything, "again": everything[:1]}
    with pytest.raises(ConfigError, match="groups 'all' and 'again'"):
        check_method(method)
    check_method(ToyMethod())


def test_a_method_is_a_module() -> None:
    assert isinstance(as_module(ToyMethod()), torch.nn.Module)
    with pytest.raises(ConfigError, match="is not a torch.nn.Module"):
        as_module(object())  # type: ignore[arg-type]
