"""Streaming moves populations; the wake drags, sheds at the published rate, and is seeded."""

import numpy as np
import pytest

from unisono.core.errors import UnisonoError
from unisono.simulators.flow.channel import Channel, ChannelSettings
from unisono.simulators.flow.lattice import VELOCITIES

SMALL = ChannelSettings(diameter=6, width=8, ahead=4, behind=8)


def test_streaming_moves_each_population_by_its_velocity() -> None:
    flow = Channel(SMALL, 40, rng=np.random.default_rng(0))
    nx, ny = SMALL.shape
    flow._post[:] = np.random.default_rng(1).normal(size=flow._post.shape)
    flow._stream()
    inner = slice(1, nx - 1)
    for i, (ex, ey) in enumerate(VELOCITIES):
        want = np.roll(flow._post[i].reshape(nx, ny), (ex, ey), axis=(0, 1))
        got = flow._state[i].reshape(nx, ny)
        np.testing.assert_array_equal(got[inner], want[inner])


@pytest.mark.slow
def test_the_wake_sheds_and_drags_as_published() -> None:
    flow = Channel(ChannelSettings(diameter=8, width=10, ahead=6, behind=9), 100,
                   rng=np.random.default_rng(0))  # fmt: skip
    flow.step(4000)  # 50 convective times
    forces = []
    for _ in range(300):
        flow.step(8)
        forces.append(flow.force)
    drag, lift = np.array(forces).T
    up = np.flatnonzero((lift[:-1] < 0) & (lift[1:] >= 0))
    strouhal = 1 / (np.diff(up).mean() * 0.1)
    assert 0.155 < strouhal < 0.185
    assert 1.25 < drag.mean() < 1.55  # 1.33 to 1.41 in finer, wider channels
    assert 0.2 < lift.max() < 0.45


def test_slow_streams_are_steady_symmetric_and_seeded() -> None:
    one, two = (Channel(SMALL, 20, rng=np.random.default_rng(3)) for _ in range(2))
    one.step(200)
    two.step(200)
    np.testing.assert_array_equal(one.vorticity(), two.vorticity())
    one.step(1800)
    drag, lift = one.force
    assert 1.8 < drag < 2.8 and abs(lift) < 0.02
    u, v = one.velocity()
    np.testing.assert_allclose(u, u[::-1], atol=0.02)
    np.testing.assert_allclose(v, -v[::-1], atol=0.02)
    assert one.vorticity().shape == (SMALL.shape[1], SMALL.shape[0])


def test_what_cannot_be_simulated_is_refused_in_one_line() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(UnisonoError, match="reynolds must lie"):
        Channel(SMALL, 1000, rng=rng)
    with pytest.raises(UnisonoError, match="diameter"):
        ChannelSettings(diameter=1)
    broken = Channel(SMALL, 40, rng=rng)
    broken._state[:9] = 1e30
    with pytest.raises(UnisonoError, match="became unstable"):
        broken.step(3)
