"""The body agrees with the table it is made from and with textbook proportions."""

import numpy as np

from unisono.simulators.gait.body import SEGMENTS, build_bodies


def _body():  # noqa: ANN202
    return build_bodies(np.array([73.0, 60.0]), np.array([1.741, 1.735]), np.array([False, True]))


def test_fifteen_segments_weigh_the_body() -> None:
    body = _body()
    assert body.masses.shape[0] == len(SEGMENTS) == 15
    np.testing.assert_allclose(body.masses.sum(axis=0), [73.0, 60.0], rtol=1e-12)


def test_masses_follow_de_leva() -> None:
    """Percentages of Table 4, renormalised from 99.98 and 100.00."""
    share = _body().masses / _body().mass * 100
    thigh, shank = SEGMENTS.index("r_thigh"), SEGMENTS.index("r_shank")
    np.testing.assert_allclose(share[thigh], [14.16, 14.78], rtol=2e-3)
    np.testing.assert_allclose(share[shank], [4.33, 4.81], rtol=2e-3)
    foot = share[SEGMENTS.index("r_foot")] + share[SEGMENTS.index("r_toes")]
    np.testing.assert_allclose(foot, [1.37, 1.29], rtol=2e-3)


def test_foot_and_toes_together_balance_where_the_foot_does() -> None:
    body = _body()
    foot, toes = SEGMENTS.index("r_foot"), SEGMENTS.index("r_toes")
    ahead = body.masses[foot] * body.centres[0, foot]
    ahead = ahead + body.masses[toes] * (body.ball + body.centres[0, toes])
    got = ahead / (body.masses[foot] + body.masses[toes])
    length = 0.152 * body.height
    np.testing.assert_allclose(got, np.array([0.4415, 0.4014]) * length + body.heel, rtol=1e-9)


def test_joined_trunk_has_the_parallel_axis_inertia() -> None:
    """Point masses of the two parts reproduce the offset part of the joined inertia."""
    body = _body()
    trunk = SEGMENTS.index("trunk")
    assert np.all(body.inertias[:, trunk] > 0)
    assert np.all(body.inertias[0, trunk] > body.inertias[2, trunk])  # long axis is the smallest


def test_inertias_could_be_those_of_real_bodies() -> None:
    """Principal moments of any body obey the triangle inequality."""
    moments = _body().inertias
    for i in range(3):
        others = moments.sum(axis=0) - moments[i]
        assert np.all(moments[i] <= others * (1 + 1e-9))
