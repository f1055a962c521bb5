"""How much is drawn: the quick, ci and thorough profiles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """``per_dtype`` examples for each dtype of an operation, ``per_gradient`` for each differentiable dtype and order;
    ``shrink_seconds`` is what one failure's shrinking may cost, ``training`` the scale of the training runs, ``programs`` how many programs run on
    refimpl's CPU (a fifth of them on other backends). ``to_the_end``: an operation's
    examples are all judged, also after one has failed, and nothing is shrunk. ``timeout``: what one call may take, in seconds. ``large``:
    how often the large plan of an operation (:mod:`.large`) is drawn. ``in_turn``: of refimpl's devices beside the CPU, which all evaluate the same
    pages, an operation is judged on one, another one with another seed."""

    name: str
    per_dtype: int
    per_gradient: int
    shrink_seconds: float
    training: str
    programs: int
    cost: str
    to_the_end: bool = False
    timeout: float = 20.0
    large: int = 1
    in_turn: bool = False

    def row(self) -> tuple[object, ...]:
        """As a line of the table that ``list`` prints."""
        return self.name, self.per_dtype, self.per_gradient, self.training, self.programs, f"{self.timeout:g} s", self.cost


PROFILE_COLUMNS = ("profile", "examples a dtype", "a gradient order", "training", "programs", "a call's limit", "cost and use")
PROFILES = {
    "quick": Profile("quick", 7, 5, 0.7, "small", 1000, "every day: some 17 minutes on 2 cores for four backends"),
    "ci": Profile("ci", 7, 5, 3.0, "small", 500, "quick's examples, refimpl's devices in turn, more time to shrink", in_turn=True),
    "survey": Profile("survey", 7, 5, 0.0, "small", 500, "quick's examples, all judged also after a failure, nothing shrunk", to_the_end=True),
    "thorough": Profile("thorough", 30, 20, 20.0, "full", 5000, "before a release, other seeds: four times quick's examples", False, 60.0, 4),
}
