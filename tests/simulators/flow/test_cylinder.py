"""Links reach the circle where it is, and return what the interpolation says."""

import numpy as np

from unisono.simulators.flow.cylinder import bounce, circle_links
from unisono.simulators.flow.lattice import OPPOSITE, VELOCITIES

SHAPE, CENTRE, RADIUS = (20, 18), (9.3, 8.6), 4.2


def test_links_end_on_the_circle() -> None:
    links = circle_links(SHAPE, CENTRE, RADIUS)
    size = SHAPE[0] * SHAPE[1]
    node, kind = links.first % size, links.first // size
    np.testing.assert_array_equal(VELOCITIES[kind], links.velocity)
    np.testing.assert_array_equal(links.back, OPPOSITE[kind] * size + node)
    near = links.second != links.back
    share = np.where(near, links.weight / 2, 1 / (2 * links.weight))
    place = np.stack([node // SHAPE[1], node % SHAPE[1]], axis=1) + share[:, None] * links.velocity
    away = np.hypot(*(place - CENTRE).T)
    np.testing.assert_allclose(away, RADIUS, atol=1e-5)
    assert (share[near] < 0.5).all() and (share[~near] >= 0.5).all() and (share <= 1).all()


def test_every_link_from_fluid_to_solid_is_there_once() -> None:
    links = circle_links(SHAPE, CENTRE, RADIUS)
    x, y = np.mgrid[: SHAPE[0], : SHAPE[1]]
    inside = (x - CENTRE[0]) ** 2 + (y - CENTRE[1]) ** 2 < RADIUS**2
    count = 0
    for a, b in np.argwhere(~inside):
        for ex, ey in VELOCITIES[1:]:
            ax, by = a + ex, b + ey
            if 0 <= ax < SHAPE[0] and 0 <= by < SHAPE[1] and inside[ax, by]:
                count += 1
    assert count == len(links.first) == len(np.unique(links.first))
    assert len(links.solid) == inside.sum()


def test_bounce_agrees_with_the_formula_link_by_link(rng: np.random.Generator) -> None:
    links = circle_links(SHAPE, CENTRE, RADIUS)
    size = SHAPE[0] * SHAPE[1]
    before = rng.normal(size=9 * size).astype(np.float32)
    after = np.zeros_like(before)
    force = bounce(before, after, links)
    total = np.zeros(2)
    for k, first in enumerate(links.first):
        kind, node = divmod(int(first), size)
        ex, ey = VELOCITIES[kind]
        away = np.array([node // SHAPE[1], node % SHAPE[1]]) - CENTRE
        roots = np.roots([ex**2 + ey**2, 2 * (away @ [ex, ey]), away @ away - RADIUS**2])
        q = roots.real.min()
        behind = before[kind * size + node - ex * SHAPE[1] - ey]
        returning = before[OPPOSITE[kind] * size + node]
        want = (
            2 * q * before[first] + (1 - 2 * q) * behind
            if q < 0.5
            else before[first] / (2 * q) + (2 * q - 1) / (2 * q) * returning
        )
        np.testing.assert_allclose(after[links.back[k]], want, rtol=2e-4, atol=1e-5)
        total += (before[first] + want) * VELOCITIES[kind]
    np.testing.assert_allclose(force, total, rtol=1e-3, atol=1e-3)
