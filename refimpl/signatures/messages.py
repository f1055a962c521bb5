"""torch's words for arguments that fit none of a function's signatures."""

from __future__ import annotations

from typing import Any, Sequence

from .schema import Signature
from .types import TYPES, type_name


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
        got = _marked(signatures[0], args, kwargs) or got
        return f"{function}() received an invalid combination of arguments - got ({got}), but expected ({signatures[0].text})"
    listed = "".join(f" * ({s.text})\n{_why_not(s, args, kwargs)}" for s in signatures)
    return f"{function}() received an invalid combination of arguments - got ({got}), but expected one of:\n{listed}"


def _why_not(signature: Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """What torch adds below a signature if the number of arguments is right."""
    if not _as_many(signature, args, kwargs):
        return ""
    unknown = [key for key in kwargs if all(p.name != key for p in signature.parameters)]
    if unknown:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"
    marked = _marked(signature, args, kwargs)
    return f"      didn't match because some of the arguments have invalid types: ({marked})\n" if marked else ""


def _as_many(signature: Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether there are as many arguments as words in a signature's text, the star being one."""
    return len(signature.parameters) + (signature.most > signature.most_positional) == len(args) + len(kwargs)


def _marked(signature: Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """The types of arguments, those that do not fit between exclamation marks; empty if there are not as many as the signature has.

    Torch reads the types out of the signature's text, where nothing fits the star, what has a
    default, and a Number; and a number is no Tensor.
    """
    parameters: list[Any] = list(signature.parameters)
    by_name = {p.name: p for p in parameters}
    if not _as_many(signature, args, kwargs) or any(key not in by_name for key in kwargs):
        return ""
    if signature.most > signature.most_positional:
        parameters.insert(signature.most_positional, None)
    pairs = [*zip(parameters, args), *((by_name[key], value) for key, value in kwargs.items())]
    fit = [p is not None and not p.optional and p.shown != "Number" and TYPES[p.type][1](value) for p, value in pairs]
    return ", ".join(_detailed(value) if fits else f"!{_detailed(value)}!" for fits, (_, value) in zip(fit, pairs))


def _detailed(value: Any) -> str:
    """The type of a value, of a list or tuple those of its elements, too."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(type_name, value))
        if isinstance(value, list):
            return f"list of [{inside}]"
        return f"{type_name(value)} of ({inside}{',' * (len(value) == 1)})"
    return type_name(value)
