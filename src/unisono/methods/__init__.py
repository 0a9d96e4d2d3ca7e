"""Published methods as thin compositions of the shared parts; ``METHODS`` names them."""

from unisono.methods.any_subset import AnySubset
from unisono.methods.llma import LLMA
from unisono.methods.settings import LLMASettings

__all__ = ["LLMA", "METHODS", "AnyMethod", "AnySubset", "LLMASettings"]

AnyMethod = LLMA | AnySubset
"""Any of the methods."""

METHODS: dict[str, type[LLMA] | type[AnySubset]] = {"llma": LLMA, "llma-any": AnySubset}
"""Methods by short name."""
