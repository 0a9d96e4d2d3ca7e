"""Published methods as thin compositions of the shared parts; ``METHODS`` names them."""

from unisono.methods.any_subset import AnySubset
from unisono.methods.lddbm import LDDBM
from unisono.methods.lddbm_settings import LDDBMSettings
from unisono.methods.lead import LEAD
from unisono.methods.lead_settings import LEADSettings
from unisono.methods.llma import LLMA
from unisono.methods.settings import LLMASettings

__all__ = [
    "BRIDGES",
    "LDDBM",
    "LEAD",
    "LLMA",
    "METHODS",
    "TEXT_METHODS",
    "AnyMethod",
    "AnySubset",
    "LDDBMSettings",
    "LEADSettings",
    "LLMASettings",
]

AnyMethod = LLMA | AnySubset
"""Any of the methods."""

METHODS: dict[str, type[LLMA] | type[AnySubset]] = {"llma": LLMA, "llma-any": AnySubset}
"""Methods of paired streams by short name."""

BRIDGES: dict[str, type[LDDBM]] = {"lddbm": LDDBM}
"""Methods that carry one kind of thing into another, by short name."""

TEXT_METHODS: dict[str, type[LEAD]] = {"lead": LEAD}
"""Methods that turn words into motion, by short name."""
