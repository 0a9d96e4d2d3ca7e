"""References of exactly the method, process, losses and data that a model uses."""

from pathlib import Path
from typing import TYPE_CHECKING

from unisono.api.recipe import Recipe
from unisono.methods.settings import resolve
from unisono.training.sealed import open_sealed

if TYPE_CHECKING:
    from unisono.api.opening import Face

__all__ = ["cite", "references"]


_STARTS = {
    "ridge": ["Hoerl, Kennard. Ridge regression. Technometrics 12 (1970) 55-67."],
    "kernel": ["Rasmussen, Williams. Gaussian processes for machine learning. MIT Press (2006)."],
}


def references(recipe: Recipe) -> list[str]:
    """References of what a recipe uses, the method first.

    Example:
        >>> references(Recipe())[0]
        'Local Latent Manifold Alignment. arXiv:2503.12214 (2025).'
    """
    llma = resolve(recipe.llma)
    found = ["Local Latent Manifold Alignment. arXiv:2503.12214 (2025)."]
    if llma.process.name == "flow":
        found.append(
            "Lipman et al. Flow matching for generative modeling. arXiv:2210.02747 (2022)."
        )
    else:
        found.append(
            "Ho, Jain, Abbeel. Denoising diffusion probabilistic models. arXiv:2006.11239."
        )
        if llma.process.schedule == "cosine":
            found.append("Nichol, Dhariwal. Improved denoising diffusion. arXiv:2102.09672 (2021).")
        if llma.process.sampler == "ddim":
            found.append(
                "Song, Meng, Ermon. Denoising diffusion implicit models. arXiv:2010.02502."
            )
        if llma.process.predict == "v":
            found.append("Salimans, Ho. Progressive distillation. arXiv:2202.00512 (2022).")
    if llma.mode == "ours":
        found.append("Peebles, Xie. Scalable diffusion models with transformers. arXiv:2212.09748.")
    if llma.guidance != 1:
        found.append("Ho, Salimans. Classifier-free diffusion guidance. arXiv:2207.12598 (2022).")
    if llma.few_steps.most:
        found.append("Kim et al. Consistency trajectory models. arXiv:2310.02279 (2023).")
        found.append("Frans et al. One step diffusion via shortcuts. arXiv:2410.12557 (2024).")
    found += _STARTS.get(llma.start, [])
    found.append("Romano, Patterson, Candes. Conformalized quantile regression. arXiv:1905.03222.")
    if recipe.data.cite:
        found.append(f"Data: {recipe.data.cite}")
    return found


def cite(model: "Face | str | Path") -> str:
    """How to cite a model of any kind, or the model in a folder, one reference a line."""
    sealed = open_sealed(model) if isinstance(model, str | Path) else model.sealed
    return "\n".join(sealed.card.cite)
