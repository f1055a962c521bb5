"""Optimizers."""

from typing import TYPE_CHECKING

from ..foundation.paths import attach, missing, shown
from . import lr_scheduler as lr_scheduler
from . import swa_utils as swa_utils
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .lbfgs import LBFGS
from .matrices import Adafactor, Muon
from .optimizer import Optimizer
from .resilient import ASGD, Rprop
from .running_squares import Adadelta, Adagrad, RMSprop
from .sgd import SGD

__all__ = [
    "ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "LBFGS", "Muon", "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "SGD",
]  # fmt: skip

# Torch's files, and what is in them.
attach(__name__, {
    "_adafactor": "Adafactor", "_muon": "Muon", "adadelta": "Adadelta", "adagrad": "Adagrad", "adamax": "Adamax", "adamw": "AdamW", "asgd": "ASGD",
    "nadam": "NAdam", "radam": "RAdam", "rmsprop": "RMSprop", "rprop": "Rprop",
})  # fmt: skip
attach(__name__, dict.fromkeys((
    "_adafactor", "_muon", "adadelta", "adagrad", "adam", "adamax", "adamw", "asgd", "lbfgs", "nadam", "radam", "rmsprop", "rprop", "sgd",
), "optim.optimizer: ParamsT"))  # fmt: skip
attach(__name__, {
    file: f"optim.functional: {file.removeprefix('_')}"
    for file in "_adafactor adadelta adagrad adam adamax adamw asgd nadam radam rmsprop rprop sgd".split()
})
Adafactor.__module__ = Muon.__module__ = shown(__name__)  # where torch says that they are from


if not TYPE_CHECKING:

    def __getattr__(name):
        raise missing(__name__, name)

    del TYPE_CHECKING  # programs look through the names for those of optimizers
