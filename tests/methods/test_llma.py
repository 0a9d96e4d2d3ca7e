"""Mirrors src/unisono/methods/llma.py."""

from collections.abc import Callable

import pytest
import torch

from unisono.alignment.window_alignment import WindowAlignment
from unisono.core.contracts import Batch, Loss, StreamInfo
from unisono.core.errors import ConfigError
from unisono.core.timeline import Timeline
from unisono.methods.llma import LLMA
from unisono.methods.settings import FewSteps, Layers, LLMASettings, Losses, ProcessSettings
from unisono.networks.conditioning import TransformerSize

STREAMS = {
    "angles": StreamInfo("angles", ("a", "b", "c"), ("deg",) * 3, "angle", 100.0),
    "imu": StreamInfo("imu", ("x",), ("m/s^2",), "acceleration", 100.0),
    "grf": StreamInfo("grf", ("fx", "fz"), ("N", "N"), "force", 100.0),
    "moments": StreamInfo("moments", ("knee",), ("N*m",), "moment", 100.0),
}
SIZE = TransformerSize(width=16, heads=2, feedforward=16, dropout=0.0)


def settings(**options: object) -> LLMASettings:
    small = {
        "steps": 3,
        "size": SIZE,
        "layers": Layers(1, 1, 1, 1),
        "alignment": WindowAlignment(length=5),
        "process": ProcessSettings(levels=50),
    }
    return LLMASettings(**{**small, **options})  # type: ignore[arg-type]


def batch(rows: int = 8, frames: int = 20) -> Batch:
    g = torch.Generator().manual_seed(1)
    base = torch.randn(rows, frames, 3, generator=g).cumsum(1)
    data = {
        "angles": base * 10 + 30,
        "imu": base[..., :1] + 9.8,
        "grf": torch.stack([base[..., 0] - base[..., 1], 700 + base[..., 2]], -1),
        "moments": base[..., :1] * 3,
    }
    mask = {k: torch.ones_like(v, dtype=torch.bool) for k, v in data.items()}
    mask["grf"][:, :4] = False
    data["grf"] = data["grf"] * mask["grf"]
    known = {"mass_kg": torch.linspace(50, 90, rows)}
    return Batch(
        data, mask, torch.arange(rows), torch.arange(rows) % 4, torch.zeros(rows).long(), known
    )


def build(**options: object) -> LLMA:
    torch.manual_seed(0)
    model = LLMA(
        settings(**options), STREAMS, given=["angles", "imu"], want=["grf", "moments"], frames=20
    )
    model.prepare(batch())
    return model


MODES: list[Callable[[], LLMA]] = [
    lambda: build(),
    lambda: build(mode="paper"),
    lambda: build(mode="release"),
    lambda: build(process=ProcessSettings(name="vp", levels=50)),
    lambda: build(start="ridge", known=("mass_kg",)),
    lambda: build(residual="gaussian"),
    lambda: build(directions="forward", losses=Losses(align=0.0)),
    lambda: build(losses=Losses(learn_align=True, energy=1.0, energy_of="spectral")),
    lambda: build(guidance=2.0),
    lambda: build(few_steps=FewSteps(most=2, train=2, teacher=2)),
]


@pytest.mark.parametrize("make", MODES)
def test_every_mode_learns_and_generates(make: Callable[[], LLMA]) -> None:
    model = make()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    for step, phase in enumerate(2 * list(model.phases)):
        g = torch.Generator().manual_seed(step)
        loss = model.loss(batch(), phase=phase, step=step, generator=g)
        assert torch.isfinite(loss.total)
        assert all(torch.isfinite(v) for v in loss.parts.values())
        optimiser.zero_grad()
        loss.total.backward()
        optimiser.step()
    model.eval()
    g = torch.Generator().manual_seed(0)
    out = model.generate(batch(), ["moments", "grf"], samples=3, steps=2, generator=g)
    assert out["grf"].samples.shape == (3, 8, 20, 2)
    assert out["moments"].mean.shape == (8, 20, 1)
    assert out["grf"].latent.shape == (8, 20, 16)
    assert all(torch.isfinite(d.samples).all() for d in out.values())


def test_monitors_of_collapse_are_computed_now_and_then_and_change_no_draw() -> None:
    model = build()

    def loss(step: int) -> Loss:
        g = torch.Generator().manual_seed(2)
        return model.loss(batch(), phase=model.phases[0], step=step, generator=g)

    watched, plain = loss(10), loss(11)
    assert "align.rank_x" in watched.parts
    assert "align.rank_x" not in plain.parts
    assert torch.equal(watched.total, plain.total)


def test_same_seed_same_bits_and_another_seed_another_draw() -> None:
    model = build().eval()

    def draw(seed: int) -> torch.Tensor:
        g = torch.Generator().manual_seed(seed)
        return model.generate(batch(), ["grf"], samples=2, steps=2, generator=g)["grf"].samples

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))


def test_both_directions_generate_and_a_mixture_is_refused() -> None:
    model = build().eval()
    g = torch.Generator().manual_seed(0)
    assert model.generate(batch(), ["angles"], samples=1, steps=1, generator=g)["angles"]
    with pytest.raises(ConfigError, match="does not generate angles, grf together"):
        model.generate(batch(), ["angles", "grf"], samples=1, steps=1, generator=g)
    with pytest.raises(ConfigError, match=r"does not know a stream 'gfr'\. Did you mean 'grf'"):
        model.generate(batch(), ["gfr"], samples=1, steps=1, generator=g)


def test_what_lies_under_a_mask_changes_nothing() -> None:
    model = build().eval()
    first = batch()
    second = batch()
    first.mask["imu"][:] = False
    second.mask["imu"][:] = False
    second.data["imu"][:] = 1e4
    without = Batch(
        {k: v for k, v in first.data.items() if k != "imu"},
        first.mask,
        first.index,
        first.subject,
        first.condition,
    )
    draws = [
        model.generate(b, ["grf"], samples=1, steps=2, generator=torch.Generator().manual_seed(0))[
            "grf"
        ].samples
        for b in (first, second, without)
    ]
    assert torch.equal(draws[0], draws[1])
    torch.testing.assert_close(draws[0], draws[2])


def test_the_wanted_side_is_never_read_when_generating() -> None:
    model = build().eval()
    spoiled = batch()
    spoiled.data["grf"][:] = 1e6
    draws = [
        model.generate(b, ["grf"], samples=1, steps=2, generator=torch.Generator().manual_seed(0))
        for b in (batch(), spoiled)
    ]
    assert torch.equal(draws[0]["grf"].samples, draws[1]["grf"].samples)


def test_masked_targets_change_no_loss() -> None:
    first, second = batch(), batch()
    second.data["grf"][:, :4] = 1e4  # these frames are masked
    model = build()
    losses = [
        model.loss(
            b, phase=model.phases[0], step=0, generator=torch.Generator().manual_seed(0)
        ).total
        for b in (first, second)
    ]
    torch.testing.assert_close(losses[0], losses[1])


def test_untrained_ours_samples_are_gaussian_around_the_ridge_start() -> None:
    """Oracle: before training the residual's network is zero, so u is standard normal."""
    model = build(start="ridge").eval()
    g = torch.Generator().manual_seed(0)
    out = model.generate(batch(), ["grf"], samples=400, steps=3, generator=g)["grf"]
    spread = model.codecs["grf"].std
    z = (out.samples - out.mean) / spread
    assert abs(z.mean().item()) < 0.02
    assert z.std().item() == pytest.approx(1.0, abs=0.02)


def test_windows_on_a_timeline_come_out_whole() -> None:
    model = build().eval()
    line = Timeline.cover(frames=45, length=20, stride=10)
    g = torch.Generator().manual_seed(5)
    whole = torch.randn(1, 45, 3, generator=g).cumsum(1) * 10 + 30
    pieces = line.split(whole)
    data = {"angles": pieces}
    mask = {"angles": torch.ones_like(pieces, dtype=torch.bool)}
    rows = torch.arange(line.windows)
    out = model.generate(
        Batch(data, mask, rows, rows * 0, rows * 0),
        ["grf"],
        samples=4,
        steps=2,
        generator=g,
        timeline=line,
    )["grf"]
    assert out.samples.shape == (4, 1, 45, 2)
    assert out.mean.shape == (1, 45, 2)


def test_encode_gives_aligned_latents_of_both_sides() -> None:
    model = build().eval()
    assert model.encode(batch(), "given").z.shape == model.encode(batch(), "want").z.shape
    with pytest.raises(ConfigError, match="side 'x' has no encoder"):
        model.encode(batch(), "x")


@pytest.mark.parametrize(
    ("given", "want", "message"),
    [
        (["angles"], [], "at least one stream"),
        (["angles"], ["angles"], "both given and wanted"),
        (["angels"], ["grf"], r"no stream 'angels'\. Did you mean 'angles'"),
    ],
)
def test_sides_that_make_no_sense_are_refused(
    given: list[str], want: list[str], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        LLMA(settings(), STREAMS, given=given, want=want, frames=20)


def test_a_known_number_that_nobody_knows_is_refused() -> None:
    model = LLMA(settings(known=("height_m",)), STREAMS, given=["imu"], want=["grf"], frames=20)
    with pytest.raises(ConfigError, match="'height_m'.* is known of no training window"):
        model.prepare(batch())


def test_forms_of_alignment_train_what_they_say() -> None:
    pretrained = build(pretrain=2, losses=Losses(align=0.0, reconstruct=0.5))
    names = [phase.name for phase in pretrained.phases]
    assert names == ["pretrain", "joint"]
    g = torch.Generator().manual_seed(0)
    before = pretrained.loss(batch(), phase=pretrained.phases[0], step=0, generator=g)
    assert set(before.parts) == {"contrast", "covariance", "reconstruct", "total"} or {
        "align.contrast",
        "reconstruct",
    } <= set(before.parts)
    before.total.backward()
    encoder = pretrained.direction("to_want").condition
    assert all(p.grad is not None for p in encoder.inputs.parameters())
    assert all(p.grad is None for p in pretrained.direction("to_want").denoiser.parameters())
    joint = pretrained.loss(batch(), phase=pretrained.phases[1], step=0, generator=g)
    assert "reconstruct" in joint.parts and "align.contrast" not in joint.parts

    shared = build(share_encoder=True)
    stacks = [shared.direction(name).condition.stack for name in shared.sides]
    assert stacks[0] is stacks[1]
    assert len({id(p) for p in shared.groups()["networks"]}) == len(list(shared.parameters()))

    weighed = build(mode="paper", losses=Losses(by_noise=True))
    plain = build(mode="paper")
    found = [
        m.loss(batch(), phase=m.phases[-1], step=0, generator=torch.Generator().manual_seed(3))
        for m in (weighed, plain)
    ]
    assert found[0].parts["align.contrast"] < found[1].parts["align.contrast"]


def test_reconstruction_learns_from_one_side_alone() -> None:
    model = build(losses=Losses(align=0.0, reconstruct=1.0))
    one = batch()
    for name in ("grf", "moments"):
        one.mask[name][:] = False
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
    g = torch.Generator().manual_seed(0)
    losses = []
    for step in range(30):
        found = model.loss(one, phase=model.phases[0], step=step, generator=g)
        assert found.parts["to_want.mean"] == 0
        optimiser.zero_grad()
        found.total.backward()
        optimiser.step()
        losses.append(float(found.parts["reconstruct"]))
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_aligned_latents_are_those_that_the_loss_compares() -> None:
    g = torch.Generator().manual_seed(0)
    ours = build()
    x, y = ours.aligned(batch(), generator=g)
    assert torch.equal(x.z, ours.encode(batch(), "given").z)
    assert torch.equal(y.z, ours.encode(batch(), "want").z)
    paper = build(mode="paper")
    whole = batch()
    x, y = paper.aligned(whole, generator=g, time=0.0)
    other = Batch(
        {**whole.data, "grf": whole.data["grf"] + 50},
        whole.mask,
        whole.index,
        whole.subject,
        whole.condition,
    )
    again = paper.aligned(other, generator=g, time=0.0)
    assert torch.equal(x.z, again[0].z) and not torch.equal(y.z, again[1].z)
    with pytest.raises(ConfigError, match="one side"):
        build(directions="forward", losses=Losses(align=0.0)).aligned(batch(), generator=g)


def test_nothing_given_is_learned_where_guidance_leads_away_from_it() -> None:
    """Of several streams, as often as of one; without guidance streams hide by themselves."""
    rows = batch(400)
    none = {}
    for guidance in (1.0, 2.0):
        model = build(guidance=guidance, drop_stream=0.2, drop_channel=0.0)
        generator = torch.Generator().manual_seed(0)
        given = dict(model._tasks(rows, generator))["to_want"].given
        seen = torch.stack([mask.flatten(1).any(dim=1) for mask in given.mask.values()])
        none[guidance] = (~seen.any(dim=0)).float().mean().item()
    assert none[1.0] == pytest.approx(0.04, abs=0.03)
    assert none[2.0] == pytest.approx(0.2 + 0.8 * 0.04, abs=0.06)
