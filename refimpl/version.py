"""What programs ask of torch's version: the one whose behaviour this package has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["TorchVersion", "__version__", "cuda", "debug", "git_version", "hip", "xpu"]

# What the packaging specification (PEP 440) allows, by its parts.
_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<stage>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?P<number>\d*))?"
    r"(?P<post>-(?P<bare>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?P<again>\d*))?"
    r"(?P<dev>[-_.]?dev[-_.]?(?P<day>\d*))?(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?",
    re.IGNORECASE,
)
_STAGES = {"alpha": 0, "a": 0, "beta": 1, "b": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}


def _key(text: str) -> tuple[Any, ...] | None:
    """What orders versions: the release without zeros at its end; before it its development, alpha, beta and candidate versions, after it its
    post-releases and those with a local part. None for a text that is no version."""
    found = _VERSION.fullmatch(text.strip())
    if not found:
        return None
    release = [int(part) for part in found["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    post = (int(found["bare"] or found["again"] or 0),) if found["post"] else (-1,)
    dev = (int(found["day"] or 0),) if found["dev"] else (float("inf"),)
    if found["stage"]:
        stage: tuple[Any, ...] = (_STAGES[found["stage"].lower()], int(found["number"] or 0))
    else:
        stage = (-1, 0) if found["dev"] and not found["post"] else (3, 0)
    parts = re.split(r"[-_.]", found["local"].lower()) if found["local"] else []
    local = tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)
    return int(found["epoch"] or 0), tuple(release), stage, post, dev, local


def _compared(name: str) -> Callable[[Any, Any], Any]:
    def method(self: str, other: Any) -> Any:
        joined = ".".join(str(item) for item in other) if isinstance(other, Iterable) and not isinstance(other, str) else str(other)
        keys = _key(str(self)), _key(joined)
        return getattr(str, name)(self, other) if None in keys else getattr(tuple, name)(*keys)

    method.__name__ = name
    return method


class TorchVersion(str):
    """A version as a text that compares as a version: with other texts, with versions of the package ``packaging``, with tuples of numbers. A text
    that is no version is compared as a text.

    >>> TorchVersion("2.13.0") > "2.9", TorchVersion("2.13.0+cpu") >= (2, 13), TorchVersion("2.0a1") < "2"
    (True, True, True)
    """

    __slots__ = ()
    __hash__ = str.__hash__
    __eq__, __lt__, __le__, __gt__, __ge__ = map(_compared, ("__eq__", "__lt__", "__le__", "__gt__", "__ge__"))  # type: ignore[assignment]


__version__ = "2.13.0"
debug = False
cuda = None
hip = None
xpu = None
git_version = "refimpl"
