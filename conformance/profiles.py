"""How much is drawn: the quick, ci and thorough profiles."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    """``per_dtype`` examples for each dtype of an operation, ``per_gradient`` for each differentiable dtype and order;
    ``shrink_seconds`` is what one failure's shrinking may cost, ``training`` the scale of the training runs. ``to_the_end``: an operation's
    examples are all judged, also after one has failed, and nothing is shrunk."""

    name: str
    per_dtype: int
    per_gradient: int
    shrink_seconds: float
    training: str
    cost: str
    to_the_end: bool = False


PROFILES = {
    "quick": Profile("quick", 4, 3, 0.7, "small", "minutes on 2 cores"),
    "ci": Profile("ci", 4, 3, 3.0, "small", "what the quick profile draws, with more time to shrink a failure"),
    "survey": Profile("survey", 4, 3, 0.0, "small", "the quick profile's examples, all judged: for conformance.deviations", True),
    "thorough": Profile("thorough", 120, 80, 20.0, "full", "an hour or more on 2 cores"),
}
