r"""The generalised InfoNCE of squared distances, with its gradient in closed form.

With anchors :math:`u_i`, their positives :math:`p_i`, shared negatives :math:`v_j` and
:math:`P_{ij} = \operatorname{softmax}_j(-\lVert u_i - v_j\rVert^2 / \tau)`,

.. math::
    L = \frac1N \sum_i \frac{\lVert u_i - p_i \rVert^2}{\tau}
        + \ln \sum_j e^{-\lVert u_i - v_j \rVert^2 / \tau}, \qquad
    \nabla_{u_i} L = \frac{2}{N \tau} \Big(\sum_j P_{ij} v_j - p_i\Big),

.. math::
    \nabla_{p_i} L = \frac{2}{N \tau} (p_i - u_i), \qquad
    \nabla_{v_j} L = \frac{2}{N \tau} \Big(\sum_i P_{ij} u_i - v_j \sum_i P_{ij}\Big).

The value is that of :func:`~unisono.alignment.objectives.generalised_info_nce` on
:func:`~unisono.alignment.similarity.distance_scores`; the ``(N, n)`` scores are made some rows
at a time and changed in place, so that they stay in a processor's cache, where automatic
differentiation keeps half a dozen of them whole. That is most of a step of training a map.
"""

import math
from typing import Any

import torch
from torch import Tensor

from unisono.core.checks import check_axes, check_range

__all__ = ["distance_info_nce"]

_ROWS = 64  # anchors at once on a CPU: their scores against 2048 negatives are half a MiB
_FAINT = 1e-20  # a sum of exponentials below it has lost digits of single precision


def _shares(
    some: Tensor, steep: Tensor, counted: Tensor, share: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Exponentials of some rows' scores, what was taken off each row before, and weighed sums.

    A score is minus a squared distance, so nothing has to be taken off before the exponential,
    unless every negative is so far from an anchor that its sum loses digits.

    Args:
        some: Rows on the left of the scores' product.
        steep: What stands on its right.
        counted: What the exponentials weigh, and ones.
        share: Where the exponentials are made: memory that is taken anew for every few rows
            costs as much as the products.
    """
    torch.mm(some, steep, out=share).exp_()
    weighed = counted @ share.T  # this way round is the faster product by half
    if float(weighed[-1].min()) > _FAINT:
        return share, torch.zeros_like(weighed[-1]), weighed
    torch.mm(some, steep, out=share)
    top = share.amax(dim=1)
    share.sub_(top[:, None]).exp_()
    return share, top, counted @ share.T


class _DistanceInfoNCE(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own
        points: Tensor,
        anchors: int,
        temperature: float,
    ) -> Tensor:
        shift = points.mean(dim=0)  # changes no distance, but keeps digits
        points = points - shift
        near, mate, far = points[:anchors], points[anchors : 2 * anchors], points[2 * anchors :]
        ones = points.new_ones(len(points), 1)
        left = torch.cat([near, ones[:anchors], near.square().sum(dim=1, keepdim=True)], dim=1)
        steep = torch.cat(
            [far * 2, -far.square().sum(dim=1, keepdim=True), -ones[: len(far)]], dim=1
        )
        steep = steep.T.contiguous() / temperature
        counted = torch.cat([far, ones[: len(far)]], dim=1).T.contiguous()
        pushes = torch.zeros_like(counted)
        rows = min(_ROWS, anchors) if points.device.type == "cpu" else anchors
        room = points.new_empty(rows, len(far))
        tops, totals, pulls = [], [], []
        for some in torch.split(left, rows):
            share, top, weighed = _shares(some, steep, counted, room[: len(some)])
            total = weighed[-1]
            pushes.addmm_(some[:, :-1].T / total, share)
            tops.append(top)
            totals.append(total)
            pulls.append((weighed[:-1] / total).T)
        apart = near - mate
        value = (
            apart.square().sum(dim=1) / temperature + torch.cat(tops) + torch.cat(totals).log()
        ).mean()
        by_near = torch.cat(pulls) - mate
        by_far = pushes[:-1].T - far * pushes[-1][:, None]
        scale = 2 / (anchors * temperature)
        ctx.save_for_backward(torch.cat([by_near, -apart, by_far]).mul_(scale))
        return value

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # noqa: ANN401 - torch's own
        (slope,) = ctx.saved_tensors
        return grad * slope, None, None


def distance_info_nce(points: Tensor, anchors: int, *, temperature: float) -> Tensor:
    """Return the loss of anchors, positives and negatives that stand under one another.

    It can be differentiated once.

    Args:
        points: ``(2 N + n, d)``: ``N`` anchors, their ``N`` positives, ``n`` negatives.
        anchors: ``N``.
        temperature: ``tau``, above 0, in squared units of the map.

    Raises:
        UnisonoError: If there is no anchor or no negative.

    Example:
        >>> loss = distance_info_nce(torch.zeros(5, 2), 1, temperature=1.0)
        >>> abs(loss.item() - math.log(3)) < 1e-6
        True
    """
    rows = check_axes(points=(points, "row dimension"))["row"]
    check_range("anchors", anchors, 1, max((rows - 1) // 2, 1), closed=True)
    check_range("temperature", temperature, 0.0, math.inf)
    loss: Tensor = _DistanceInfoNCE.apply(points, anchors, temperature)  # type: ignore[no-untyped-call]
    return loss
