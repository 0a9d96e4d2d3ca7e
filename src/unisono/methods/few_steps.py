r"""Teaching a direction to generate in few steps: a student of its denoiser, a phase of its own.

With ``z`` on the path at the start of a drawn jump, :math:`z_r^\star` where the teacher's walk
ends, and :math:`p^\star` what the network would have to predict to land there in one step,

.. math:: L = \bigl\lVert p_\mathrm{student}(z, t, r) - p^\star \bigr\rVert^2

(see :mod:`unisono.processes.distillation`). Encoder, mean and spread are frozen and shared: only
how the residual is walked is learned anew. A guided teacher gives a student that needs no guidance.
"""

import torch
from torch import Generator, Tensor

from unisono.core.distributed import draw_global, masked_mean
from unisono.core.errors import ConfigError
from unisono.methods.direction import Direction, Given, make_solver
from unisono.processes.distillation import draw_jump, jump_times, landing, taught, walk
from unisono.processes.paths import mix
from unisono.processes.solvers import State

__all__ = ["FEW_STEPS", "distil"]

FEW_STEPS = "few_steps"
"""Name of the phase."""


def distil(
    direction: Direction,
    given: Given,
    target: tuple[Tensor, Tensor],
    *,
    subject: Tensor,
    generator: Generator,
) -> Tensor:
    """Loss of the student of one direction on one batch, a scalar.

    Args:
        direction: The direction, trained, with a student.
        given: The condition, already with what training hides from it.
        target: The standardised signal and its validity, each ``(B, L, D)``.
        subject: Codes, for a start that was fitted without the subject.
        generator: Where jump and noise come from.

    Raises:
        ConfigError: If the direction has no student.
    """
    student, few = direction.student, direction.settings.few_steps
    if student is None:
        raise ConfigError("few_steps.most is 0: there is no student to teach.")
    path, (x, mask) = direction.process, target
    with torch.no_grad():
        memory = direction.condition(given.data, given.mask, given.known)
        fitted = direction.regress(given, memory, subject)
        clean = x if fitted is None else direction.residual(x, mask, fitted)
        jump = draw_jump(path, few.most, generator=generator)
        noise = draw_global(
            lambda n: torch.randn((n, *x.shape[1:]), generator=generator, device=x.device), len(x)
        )
        start = torch.full((len(x),), jump.start, device=x.device)
        z = given.asked(mix(path.weights(start), clean, noise, noise))
        # the student must follow one curve: the teacher's walk has no noise
        solver = make_solver(path, direction.settings.process, 1, quiet=True)
        end = walk(
            solver,
            direction.walker(given, memory, 1),
            State(z, jump.start, z),
            jump.end,
            substeps=max(1, round(few.teacher * (jump.start - jump.end))),
            generator=generator,
        )
        wanted = taught(direction.kind, landing(path, end, z, jump), z, path, jump.start)
    everywhere = torch.ones(z.shape[:2], dtype=torch.bool, device=z.device)
    out = student(z, jump_times(z, jump), everywhere, student.prepare(memory))
    return masked_mean((out.prediction - wanted).square(), mask)
