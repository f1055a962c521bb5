"""Neural networks: modules, parameters, losses and initialisation."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..foundation.paths import missing
from . import functional, init, utils
from .modules import *  # noqa: F403
from .modules import __all__ as _modules
from .parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter

if TYPE_CHECKING:
    from . import attention as attention
    from . import common_types as common_types
    from . import grad as grad
    from . import parallel as parallel
    from .parallel import DataParallel

__all__ = ["Buffer", "DataParallel", "Parameter", "UninitializedBuffer", "UninitializedParameter", "functional", "init", "utils", *_modules]


def __getattr__(name: str) -> Any:
    """Import the parts that not every program needs when they are first asked for."""
    if name in ("attention", "common_types", "grad", "parallel"):
        return import_module(f"{__name__}.{name}")
    if name == "DataParallel":
        return import_module(f"{__name__}.parallel").DataParallel
    raise missing(__name__, name)


del TYPE_CHECKING, Any  # programs look through the names for those of modules
