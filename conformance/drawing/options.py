"""The values of arguments that rows choose from, one by one: an order of a norm, a mode, a flag, the slope of a function.

Chance gives each of them now and then, and special values now and then, but hardly ever a certain one beside a certain other. So each option is an
input class of its own: the pen that is told to take it (:attr:`.pen.Pen.option`) draws the rest as ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

from .random_pen import RandomPen

Draw = Callable[[Any], tuple[tuple[Any, ...], dict[str, Any]]]
_WITH = " with option "
_PROBES = 16
_MOST = 14  # of longer lists the values are those of elements, or sizes
_KINDS = (str, float, int, bool, type(None))


@dataclass(frozen=True)
class Option:
    """One of the values ``among`` which a row chooses, for the keyword argument ``keyword`` if it chooses it there; or one of a flag that it gives
    under a ``name``."""

    among: tuple[Any, ...] = ()
    name: str = ""
    value: Any = None
    keyword: str = ""

    def chosen(self, options: Sequence[Any]) -> bool:
        """Whether it is one of these."""
        return len(options) == len(self.among) and tuple(options) == self.among

    def taken(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a call has it."""
        if self.keyword:
            return self.keyword in kwargs and _same(kwargs[self.keyword], self.value)
        if self.name:
            return self.name in kwargs and _same(kwargs[self.name], self.value)
        return any(_same(value, self.value) for value in (*args, *kwargs.values()))


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)


def with_option(force: str, number: int) -> str:
    """The force of an input class that meets an operation's option of this number."""
    return f"{force}{_WITH}{number}"


def split(force: str | None) -> tuple[str | None, int | None]:
    """The input class, and the number of the option that it meets; None if it meets none."""
    plain, found, number = (force or "").partition(_WITH)
    return (plain, int(number)) if found else (force, None)


class _Probe(RandomPen):
    """Sees what a row chooses from, and which keyword arguments are flags."""

    def __init__(self, seed: str, dtype: str, form: str) -> None:
        self.choices: list[tuple[str, tuple[Any, ...], Any]] = []
        self.keyword = ""  # the argument that is being drawn
        self.flags: set[tuple[str, bool]] = set()
        self.numbers: set[str] = set()
        super().__init__(seed, dtype, form, "plain values")

    def choice(self, options: Sequence[Any]) -> Any:
        value = super().choice(options)
        if 1 < len(options) <= _MOST and all(type(option) in _KINDS for option in options):
            self.choices.append((self.keyword, tuple(options), value))
        return value

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        self.keyword = name
        value = draw()
        self.keyword = ""
        if type(value) is bool:
            self.flags.add((name, value))
        elif type(value) is float:
            self.numbers.add(name)
        return {name: value}


def options_of(draw: Draw, name: str, dtype: str, forms: Sequence[str], zero: bool) -> tuple[Option, ...]:
    """What a row chooses from: lists of words, numbers and flags of which the value is an argument of the call. (Lists of integers alone are sizes
    and dimensions.) ``zero``: where the list has numbers, 0 as well; otherwise 0 for each keyword argument that is a number with a fraction."""
    counts: dict[Any, int] = {}
    flags: set[tuple[str, bool]] = set()
    numbers: set[str] = set()
    for attempt in range(_PROBES):
        pen = _Probe(f"{name} {attempt}", dtype, forms[attempt % len(forms)])
        try:
            args, kwargs = draw(pen)
        except Exception:  # noqa: BLE001 - a row that cannot draw is told when its examples are drawn
            continue
        flags |= {(name, value) for name, value in pen.flags if name in kwargs}
        numbers |= pen.numbers & {*kwargs}
        taken = [(keyword, _key(among)) for keyword, among, value in pen.choices if Option(among, "", value, keyword).taken(args, kwargs)]
        for each in dict.fromkeys(taken):
            counts[each] = counts.get(each, 0) + 1
    found = []
    for (keyword, key), count in counts.items():
        among = tuple([value for _, value in key])
        if count < 2 or all(type(value) is int for value in among):
            continue
        found += [Option(among, "", value, keyword) for _, value in dict.fromkeys(key)]
        if zero and all(type(value) in (int, float) for value in among) and 0 not in among:
            found.append(Option(among, "", 0.0, keyword))
    given = {option.keyword for option in found if option.value == 0 and option.value is not False}
    zeros = [] if zero else [Option((), name, 0) for name in sorted(numbers - given)]
    return (*found, *[Option((), name, value) for name, value in sorted(flags)], *zeros)


def _key(among: tuple[Any, ...]) -> tuple[tuple[str, Any], ...]:
    return tuple([(type(value).__name__, value) for value in among])
