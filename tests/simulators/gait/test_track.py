"""The track in stance is the rolling foot, and leads from one step's place to the next."""

import numpy as np

from unisono.simulators.gait.fit import reference_body
from unisono.simulators.gait.plan import even_steps
from unisono.simulators.gait.steps import Steps
from unisono.simulators.gait.table import fitted_shape
from unisono.simulators.gait.track import ankle_at, lay_track


def _steps() -> Steps:
    shape = fitted_shape("walk", "normal", 1.3)
    return even_steps(shape, 1.3, reference_body(1), strides=2, running=False)


def test_the_foot_stands_still_in_stance_and_advances_a_stride() -> None:
    steps = _steps()
    time = np.arange(400) / 400 * steps.period[:, None]
    track = lay_track(steps, reference_body(1), time)
    ahead = track.base[0, 0, 0] + 1.3 * time[0]  # back from the moving frame
    stance = track.stance[0, 0]
    first = stance & (time[0] < float(steps.stride[0]))
    assert np.ptp(ahead[first]) < 1e-9
    second = stance & (time[0] >= float(steps.stride[0]))
    length = ahead[second].mean() - ahead[first].mean()
    np.testing.assert_allclose(length, 1.3 * float(steps.stride[0]), atol=1e-9)


def test_interpolation_nodes_reproduce_smooth_motion() -> None:
    steps = _steps()
    count = 256
    time = np.arange(count) / count * steps.period[:, None]
    ends = lay_track(steps, reference_body(1), time).ends
    wave = np.sin(2 * np.pi * np.arange(count) / count)
    got = (wave[ends.nodes] * ends.weights).sum(axis=-1)
    off = (steps.strike + steps.duration)[..., None] / float(steps.period[0])
    np.testing.assert_allclose(got[..., 0, 4], np.sin(2 * np.pi * off[..., 0]), atol=1e-7)


def test_heading_turns_the_roll() -> None:
    steps = _steps()
    track = lay_track(steps, reference_body(1), np.zeros((1, 1)))
    base = np.zeros((2, 1, 2, 1))
    turned = ankle_at(base, np.full((1, 2, 1), np.pi / 2), track.foot)
    np.testing.assert_allclose(turned[0], 0, atol=1e-12)
    np.testing.assert_allclose(turned[1], track.foot.along)
