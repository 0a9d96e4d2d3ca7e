"""Published methods as thin compositions of the shared parts; ``METHODS`` names them."""

from unisono.methods.llma import LLMA
from unisono.methods.settings import LLMASettings

__all__ = ["LLMA", "METHODS", "LLMASettings"]

METHODS = {"llma": LLMA}
"""Methods by short name."""
