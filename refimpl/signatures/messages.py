"""torch's words for arguments that fit none of a function's signatures."""

from __future__ import annotations

from typing import Any, Sequence

from .schema import Signature
from .types import type_name


def refusal(function: str, signatures: Sequence[Signature], args: Sequence[Any], kwargs: dict[str, Any]) -> TypeError:
    """The error for arguments that fit none of the signatures. Of a method, ``args`` are without its tensor."""
    answers = [signature.mismatch(function, args, kwargs) for signature in signatures]
    if len(signatures) == 1:
        return TypeError(answers[0])
    count = len(args) + len(kwargs)
    plausible = [answer for s, answer in zip(signatures, answers) if not s.deprecated and s.fewest <= count <= s.most]
    if len(plausible) == 1:
        return TypeError(plausible[0])
    return TypeError(combination(function, args, kwargs, [s for s in signatures if not s.deprecated]))


def combination(function: str, args: Sequence[Any], kwargs: dict[str, Any], signatures: Sequence[Signature]) -> str:
    """The message for arguments that could have been meant for several signatures."""
    got = ", ".join([type_name(a) for a in args] + [f"{key}={type_name(value)}" for key, value in kwargs.items()])
    if kwargs and not args:
        got += ", "
    if len(signatures) == 1:
        return f"{function}() received an invalid combination of arguments - got ({got}), but expected ({signatures[0].text})"
    listed = "".join(f" * ({s.text})\n{_why_not(s, args, kwargs)}" for s in signatures)
    return f"{function}() received an invalid combination of arguments - got ({got}), but expected one of:\n{listed}"


def _why_not(signature: Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """What torch adds below a signature if the number of arguments is right (it counts the star, and ``out`` only if it is given)."""
    parameters: list[Any] = list(signature.parameters)
    if signature.most > signature.most_positional:
        parameters.insert(signature.most_positional, None)
    by_name = {p.name: p for p in parameters if p is not None}
    if len(parameters) - ("out" in by_name and "out" not in kwargs) != len(args) + len(kwargs):
        return ""
    unknown = [key for key in kwargs if key not in by_name]
    if unknown:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"
    pairs = [*zip(parameters, args), *((by_name[key], value) for key, value in kwargs.items())]
    marked = [_detailed(value) if p is not None and p.fits(value) else f"!{_detailed(value)}!" for p, value in pairs]
    return f"      didn't match because some of the arguments have invalid types: ({', '.join(marked)})\n" if marked else ""


def _detailed(value: Any) -> str:
    """The type of a value, of a list or tuple those of its elements, too."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(type_name, value))
        if isinstance(value, list):
            return f"list of [{inside}]"
        return f"{type_name(value)} of ({inside}{',' * (len(value) == 1)})"
    return type_name(value)
