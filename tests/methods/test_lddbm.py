"""Mirrors src/unisono/methods/lddbm.py."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bridge_toys import FRAMES, MIX, NOISE, batch_of, fitted, method, pairs, settings

from unisono.codecs.pretrained import save_codec
from unisono.codecs.streams import StreamCodec
from unisono.codecs.token_grid import TokenGrid
from unisono.core.contracts import Batch
from unisono.core.errors import ConfigError, ModelError, UnisonoError
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import (
    BridgeLosses,
    BridgeSettings,
    EndSettings,
    LatentSettings,
    UnpairedSettings,
)
from unisono.methods.settings import FewSteps
from unisono.training.phases import train_only


def finite(made: LDDBM, batch: Batch, generator: torch.Generator) -> dict[str, float]:
    """Loss parts of one step of every phase; every trained parameter gets a gradient."""
    found: dict[str, float] = {}
    for phase in made.phases:
        made.zero_grad()
        loss = made.loss(batch, phase=phase, step=0, generator=generator)
        loss.total.backward()
        moved = [p for g in phase.groups for p in made.groups()[g]]
        assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in moved)
        found |= {k: float(v) for k, v in loss.parts.items()}
    assert all(torch.isfinite(torch.tensor(list(found.values()))))
    return found


@pytest.mark.parametrize("mode", ["paper", "release", "ours"])
@pytest.mark.parametrize("codec", ["identity", "streams"])
def test_every_mode_learns_and_generates(mode: str, codec: str, generator: torch.Generator) -> None:
    made = method(settings(codec, mode=mode))
    batch = pairs(16)
    made.prepare(batch)
    parts = finite(made, batch, generator)
    assert {"bridge", "predictive", "target.std", "source.rank", "total"} <= set(parts)
    assert ("mean" in parts) is (mode == "ours")
    assert ("contrast" in parts) is (codec == "streams")
    drawn = made.eval().generate(batch, ["x"], samples=3, steps=2, generator=generator)["x"]
    assert drawn.samples.shape == (3, 16, FRAMES, 2)
    assert drawn.mean.shape == (16, FRAMES, 2)
    still = float(drawn.samples.std(dim=0).max()) < 1e-5
    assert still is (mode == "release")  # its sampler gives one answer


def test_regimes_are_phases() -> None:
    two = method(settings("streams", steps=100)).phases
    assert [(p.name, p.steps, p.groups) for p in two] == [
        ("codecs", 40, ("source", "target")), ("bridge", 60, ("source", "bridge")),
    ]  # fmt: skip
    (joint,) = method(settings("streams", regime="end_to_end")).phases
    assert joint.period == 1
    (turns,) = method(settings("streams", regime="iterative", every=3)).phases
    assert turns.period == 3
    (alone,) = method(settings()).phases  # nothing to learn in identity codecs
    assert (alone.name, alone.steps) == ("bridge", 10)


def test_between_its_turns_iterative_trains_the_bridge_alone(
    generator: torch.Generator,
) -> None:
    made = method(settings("streams", mode="release"))
    made.prepare(pairs(16))
    seen = [
        set(made.loss(pairs(16), phase=made.phases[0], step=s, generator=generator).parts)
        for s in (4, 5)
    ]
    assert {"contrast", "predictive"} <= seen[0]
    assert not {"contrast", "predictive"} & seen[1]


def test_losses_are_whole_numbers_of_32_bits_in_bf16() -> None:
    """Differences of nearly equal latents must not be rounded to 8 bits."""
    chosen = settings(
        "streams", few_steps=FewSteps(most=2, train=3, teacher=4),
        unpaired=UnpairedSettings(1.0, 1.0),
    )  # fmt: skip
    made = method(chosen)
    made.prepare(pairs(32))
    for phase in made.phases:
        made.begin(phase)
        g = torch.Generator().manual_seed(0)
        with torch.autocast("cpu", torch.bfloat16):
            found = made.loss(pairs(16), phase=phase, step=1, generator=g)
        kinds = {name: value.dtype for name, value in found.parts.items()}
        assert set(kinds.values()) == {torch.float32}, (phase.name, kinds)
        found.total.backward()


def test_every_parameter_is_in_one_group() -> None:
    from unisono.training.phases import check_method

    check_method(method(settings("streams")))


@pytest.mark.slow
def test_the_spread_of_a_gaussian_pair_is_the_true_one(generator: torch.Generator) -> None:
    """Mean y MIX, covariance NOISE' NOISE; nine in ten of new truths lie in the 90 % region."""
    made = fitted(method(settings()), 300)
    new = pairs(100, 77)
    drawn = made.generate(new, ["x"], samples=200, steps=16, generator=generator)["x"]
    assert (drawn.mean - new.data["y"] @ MIX).square().mean() < 0.03
    apart = (drawn.samples - drawn.samples.mean(0)).reshape(-1, 2)
    torch.testing.assert_close(torch.cov(apart.T), NOISE.T @ NOISE, atol=0.08, rtol=0)
    low, high = drawn.samples.quantile(torch.tensor([0.05, 0.95]), dim=0)
    inside = ((new.data["x"] >= low) & (new.data["x"] <= high)).float().mean()
    assert 0.86 <= inside <= 0.94


def test_samples_come_to_vary_as_much_as_the_answer_errs(generator: torch.Generator) -> None:
    made = fitted(method(settings()), 10)
    new = pairs(120, 5)
    assert made.calibrate(new, generator=generator) == float(made.bridge.widen)
    drawn = made.generate(new, ["x"], samples=24, steps=16, generator=generator)["x"]
    errs = (drawn.mean - new.data["x"]).square().mean()
    varies = drawn.samples.var(dim=0).mean()
    assert (varies / errs).item() == pytest.approx(1, abs=0.2)
    straight = method(settings(bridge=BridgeSettings(start="source")))
    assert straight.calibrate(new, generator=generator) == 1.0


@pytest.mark.parametrize("balanced", [False, True])
def test_balanced_samples_vary_as_much_as_others(
    balanced: bool, generator: torch.Generator
) -> None:
    made, new = method(settings(bridge=BridgeSettings(balanced=balanced))), pairs(200, 5)
    made.prepare(new)
    made.loss(new, phase=made.phases[0], step=0, generator=generator)  # measures the residual
    made.eval().calibrate(new, generator=generator)
    drawn = made.generate(new, ["x"], samples=8, steps=16, generator=generator)["x"]
    assert made.bridge.balances(16) is balanced
    varies = (drawn.samples - drawn.mean).square().mean()
    errs = (drawn.mean - new.data["x"]).square().mean()
    assert (varies / errs).item() == pytest.approx(1, abs=0.04)


def test_a_codec_that_cannot_vary_is_not_shaken(generator: torch.Generator) -> None:
    made = method(settings("streams")).eval()
    made.prepare(pairs(64))
    with torch.no_grad():
        for p in made.target.module.parameters():
            p.mul_(0.01)
    new = pairs(32, 5)
    latent = made.bridge.calibrate(made.encode(new, "want"), made.encode(new, "given"))
    assert made.calibrate(new, generator=generator) <= 2 * latent + 1e-6


def test_a_student_is_a_phase_of_its_own_and_walks_few_steps(
    generator: torch.Generator,
) -> None:
    chosen = settings(few_steps=FewSteps(most=4, train=5, teacher=8))
    made = fitted(method(chosen), 15)
    assert [p.name for p in made.phases] == ["bridge", "few_steps"]
    groups = {name: {id(p) for p in group} for name, group in made.groups().items()}
    assert groups["student"]
    assert not groups["student"] & groups["bridge"]
    new, seeds = pairs(40, 3), [torch.Generator().manual_seed(s) for s in (1, 1)]
    teacher = {k: v for k, v in made.bridge.network.state_dict().items() if "time" not in k}
    student = made.bridge.student.net.state_dict()
    assert any((student[k] != v).any() for k, v in teacher.items())
    few, many = (
        made.generate(new, ["x"], samples=20, steps=steps, generator=g)["x"]
        for steps, g in zip((4, 16), seeds, strict=True)
    )
    assert few.samples.isfinite().all()
    ratio = few.samples.std(dim=0).mean() / many.samples.std(dim=0).mean()
    assert 0.5 < ratio < 2


def test_before_its_phase_a_student_walks_nothing(generator: torch.Generator) -> None:
    few = FewSteps(most=4, train=5, teacher=8)
    made = method(settings(few_steps=few, bridge=BridgeSettings(balanced=True))).eval()
    made.prepare(pairs(32))
    for part in (made.bridge.network, made.bridge.student.net):
        torch.nn.init.normal_(part.leave.weight)

    def drawn() -> torch.Tensor:
        g = torch.Generator().manual_seed(0)
        return made.generate(pairs(4), ["x"], samples=2, steps=2, generator=g)["x"].samples

    made.begin(made.phases[0])
    assert made.bridge.balances(2)  # as the bridge's own walk does
    before = drawn()
    made.begin(made.phases[1])
    assert not made.bridge.balances(2)
    after, made.bridge.student = drawn(), None
    assert not torch.allclose(before, after)
    torch.testing.assert_close(before, drawn())


def test_shuffled_pairs_are_a_control(generator: torch.Generator) -> None:
    chosen = settings("streams", losses=BridgeLosses(shuffled=True))
    made, true = method(chosen), method(settings("streams"))
    batch = pairs(16)
    values = []
    for m in (made, true):
        m.prepare(batch)
        g = torch.Generator().manual_seed(1)
        values.append(
            float(m.loss(batch, phase=m.phases[0], step=1, generator=g).parts["contrast"])
        )
    assert values[0] != values[1]


def test_one_way_each_target_is_told_its_source_from_the_others(
    generator: torch.Generator,
) -> None:
    """As published: the pair is (z_0, z_T), and what it is told from are the other z_T."""
    made, batch = method(settings("streams", mode="paper")), pairs(16)
    made.prepare(batch)
    found = made.loss(batch, phase=made.phases[0], step=0, generator=generator).parts["contrast"]
    z0, zT = (made.encode(batch, side).z.flatten(1) for side in ("want", "given"))
    scores = torch.cosine_similarity(z0[:, None], zT[None], dim=-1) / 0.5
    torch.testing.assert_close(found, torch.nn.functional.cross_entropy(scores, torch.arange(16)))


def test_several_sequences_on_one_side(generator: torch.Generator) -> None:
    batch = pairs(8)
    both = batch_of({**batch.data, "w": batch.data["x"][..., :1]})
    torch.manual_seed(0)
    made = LDDBM(
        settings("streams"), {"y": (4, 2), "x": (4, 2), "w": (4, 1)}, given=["y"], want=["x", "w"]
    )
    made.prepare(both)
    finite(made, both, generator)
    drawn = made.eval().generate(both, ["w"], samples=2, steps=1, generator=generator)
    assert set(drawn) == {"w"}
    assert drawn["w"].samples.shape == (2, 8, 4, 1)


def test_two_kinds_of_thing_and_other_lengths(generator: torch.Generator) -> None:
    """An image into a longer sequence, through other numbers of tokens."""
    batch = batch_of(
        {
            "y": torch.rand(6, 1, 8, 8, generator=generator),
            "x": torch.randn(6, 12, 3, generator=generator),
        }
    )
    chosen = settings(
        "auto", latents=LatentSettings(tokens=6, source_tokens=4, width=4),
        losses=BridgeLosses(contrast=0.0),
    )  # fmt: skip
    made = method(chosen, {"y": (1, 8, 8), "x": (12, 3)})
    made.prepare(batch)
    finite(made, batch, generator)
    drawn = made.eval().generate(batch, ["x"], samples=2, steps=1, generator=generator)["x"]
    assert drawn.samples.shape == (2, 6, 12, 3)
    crossed = replace(chosen, losses=BridgeLosses(contrast=1.0))
    with pytest.raises(ConfigError, match="InfoNCE compares latents of 6 and 4 tokens"):
        other = method(crossed, {"y": (1, 8, 8), "x": (12, 3)})
        other.prepare(batch)
        other.loss(batch, phase=other.phases[0], step=0, generator=generator)


def test_what_is_masked_changes_nothing_and_answers_are_as_long(
    generator: torch.Generator,
) -> None:
    batch = pairs(6)
    mask = {k: v.clone() for k, v in batch.mask.items()}
    for side in mask.values():
        side[:, 2:] = False
    made = method(settings())
    made.prepare(batch)
    loud = {k: torch.where(mask[k], v, 1e4) for k, v in batch.data.items()}
    losses = []
    for data in (batch.data, loud):
        g = torch.Generator().manual_seed(2)
        found = made.loss(batch_of(data, mask), phase=made.phases[0], step=1, generator=g)
        losses.append(found.total.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    source = made.encode(batch_of(batch.data, mask), "given")
    assert made._target_mask(source).tolist() == [[True, True, False, False]] * 6


class TestBadInput:
    def test_ends_that_cannot_meet(self) -> None:
        with pytest.raises(ConfigError, match="cannot share a token grid"):
            method(settings(), {"y": (4, 3), "x": (4, 2)})
        wide = settings(source=EndSettings("streams", 4))
        with pytest.raises(
            ConfigError, match="cannot share a token grid: tokens of y have width 4"
        ):
            method(wide)
        uneven = settings(bridge=BridgeSettings(start="source"))
        with pytest.raises(ConfigError, match="cannot start at a source of 5 tokens"):
            method(uneven, {"y": (5, 2), "x": (4, 2)})

    def test_a_batch_of_one_with_info_nce(self, generator: torch.Generator) -> None:
        made = method(settings("streams"))
        made.prepare(pairs(16))
        with pytest.raises(UnisonoError, match=r"cannot tell a batch of one.*batch_size"):
            made.loss(pairs(1), phase=made.phases[0], step=0, generator=generator)

    def test_another_shape_than_the_model_was_made_for(self, generator: torch.Generator) -> None:
        made = method(settings())
        with pytest.raises(ModelError, match=r"y has shape \(3, 2\), and the model was made for"):
            made.generate(
                batch_of({"y": torch.zeros(2, 3, 2)}), ["x"], samples=1, steps=1,
                generator=generator,
            )  # fmt: skip

    def test_something_that_is_not_there(self, generator: torch.Generator) -> None:
        made = method(settings())
        with pytest.raises(ConfigError, match="this model makes x; got 'z'"):
            made.generate(pairs(2), ["z"], samples=1, steps=1, generator=generator)
        with pytest.raises(ModelError, match="needs 'y', which is not given"):
            made.generate(
                batch_of({"x": torch.zeros(2, 4, 2)}), ["x"], samples=1, steps=1,
                generator=generator,
            )  # fmt: skip

    def test_no_steps(self, generator: torch.Generator) -> None:
        made = method(settings())
        with pytest.raises(UnisonoError, match="steps must lie in"):
            made.generate(pairs(2), ["x"], samples=1, steps=0, generator=generator)

    def test_sides_that_cannot_be_joined(self) -> None:
        with pytest.raises(ConfigError, match="only sequences of one length"):
            LDDBM(
                settings(), {"y": (4, 2), "i": (1, 8, 8), "x": (4, 2)}, given=["y", "i"],
                want=["x"],
            )  # fmt: skip


def test_a_pretrained_codec_is_trained_in_no_phase(tmp_path: Path) -> None:
    codec = StreamCodec((FRAMES, 2), TokenGrid(FRAMES, 4), hidden=4)
    batch = pairs(8)
    codec.fit(batch.data["x"], batch.mask["x"])
    folder = save_codec(codec, tmp_path / "codec")
    made = method(settings("streams", target=EndSettings("pretrained", path=str(folder))))
    made.prepare(batch)
    for phase in made.phases:
        trained = train_only(made, phase.groups)
        assert trained and not any(name.startswith("codecs.target") for name in trained)
    assert {id(p) for p in made.groups()["kept"]} == {
        id(p) for p in made.target.module.parameters()
    }
    torch.testing.assert_close(
        made.encode(batch, "want").z, codec.eval().encode(batch.data["x"], batch.mask["x"]).z
    )
    assert made.settings.target.path == ""
    both = method(replace(made.settings, source=made.settings.target))
    assert [phase.name for phase in both.phases] == ["bridge"]  # no codec has anything to learn
