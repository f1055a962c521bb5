"""The statements that programs are made of, family by family."""

from __future__ import annotations

from ..grammar import Family
from .arithmetic import ARITHMETIC
from .copies import COPIES
from .creation import CREATION
from .graphs.blocks import BLOCKS
from .graphs.differentiation import DIFFERENTIATION
from .graphs.flags import FLAGS
from .graphs.functions import FUNCTIONS
from .graphs.hooks import HOOKS
from .indexing import INDEXING
from .lazy_views import LAZY_VIEWS
from .learning.modules import MODULES
from .learning.optimizers import OPTIMIZERS
from .learning.training import TRAINING
from .mixed import MIXED
from .outputs import OUTPUTS
from .randomness import RANDOM
from .reading import READING
from .views import VIEWS
from .writing import REPLACING, WRITING

FAMILIES: tuple[Family, ...] = (
    CREATION, VIEWS, ARITHMETIC, INDEXING, WRITING, REPLACING, COPIES, FLAGS, DIFFERENTIATION, HOOKS, FUNCTIONS, MODULES, OPTIMIZERS, RANDOM, READING,
    BLOCKS, LAZY_VIEWS, MIXED, OUTPUTS, TRAINING,
)  # fmt: skip
