"""What is asked for of the backends of a run: which properties, and whether errors have to have torch's words.

Like what a process excuses (:mod:`conformance.declared_deviations.declarations`), it holds for a whole process.
"""

from __future__ import annotations

from dataclasses import dataclass

from .deviation import Deviation

# What happens to the process is told whatever is asked for.
_ALWAYS = "crash"
# Judged on the way: what several calls differ in shows in their values.
_OF_VALUES = ("values", "determinism", "layout")


@dataclass(frozen=True)
class Asked:
    """``properties``: the only ones that are judged; empty: all."""

    properties: tuple[str, ...] = ()
    messages: bool = True

    def about(self, *names: str) -> bool:
        """Whether one of these properties is to be judged."""
        return not self.properties or any(name in self.properties for name in names)

    def of_values(self) -> bool:
        return self.about(*_OF_VALUES)

    def concerns(self, deviation: Deviation) -> bool:
        return deviation.property == _ALWAYS or self.about(deviation.property)


_asked = Asked()


def ask(asked: Asked | None) -> None:
    """From now on this process judges what ``asked`` says; None: everything."""
    global _asked
    _asked = asked or Asked()


def asked() -> Asked:
    return _asked
