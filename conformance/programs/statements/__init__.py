"""The statements that programs are made of, family by family."""

from __future__ import annotations

from ..grammar import Family
from .arithmetic import ARITHMETIC
from .copies import COPIES
from .creation import CREATION
from .differentiation import DIFFERENTIATION
from .flags import FLAGS
from .functions import FUNCTIONS
from .hooks import HOOKS
from .indexing import INDEXING
from .modules import MODULES
from .optimizers import OPTIMIZERS
from .randomness import RANDOM
from .reading import READING
from .views import VIEWS
from .writing import REPLACING, WRITING

FAMILIES: tuple[Family, ...] = (
    CREATION, VIEWS, ARITHMETIC, INDEXING, WRITING, REPLACING, COPIES, FLAGS, DIFFERENTIATION, HOOKS, FUNCTIONS, MODULES, OPTIMIZERS, RANDOM, READING,
)  # fmt: skip
