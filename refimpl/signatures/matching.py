"""The door that every call passes: arguments are matched with torch's signatures once, and remembered by their types.

A :class:`Door` knows the parameters of the function behind it. :meth:`Door.parse` says which signature a call has, converts
(a 0-d tensor where a number stands, ``axis`` to ``dim``, sizes one by one to a tuple), and hands back arguments in the order of those parameters.
"""

from __future__ import annotations

import warnings
from functools import wraps
from typing import Any, Callable, Sequence, TypeVar, overload

from .messages import refusal
from .overloads import PythonSignature, function_overloads, overloads
from .overriding import UNANSWERED, answer, overriding, spelled_out, takes_part
from .schema import Parameter, Signature
from .types import BadElement, Unfit, converter, is_tensor, type_name

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MOST_PLANS = 500  # remembered by each door: more are only made by classes without end
_warned: list[str] = []  # torch warns of one deprecated overload, once


class Plan:
    """What becomes of the arguments of all calls with the same types: which are converted, and where each goes."""

    __slots__ = ("conversions", "order", "defaults", "keywords", "out", "one_by_one", "named")

    def __init__(self) -> None:
        self.conversions: list[tuple[int, Callable[[Any], Any], Parameter]] = []
        self.order: list[int] | None = None  # for each positional parameter the index of its argument, beyond them that of a default
        self.defaults: list[Any] = []
        self.keywords: list[tuple[str, int]] = []
        self.out = -1
        self.one_by_one = -1  # the index of the first of the ints that stand for a tuple


class Door:
    """The way into one function under one name."""

    __slots__ = ("name", "method", "positional", "keyword_only", "defaults", "varargs", "straight", "_plans", "_signatures")

    def __init__(self, name: str, method: bool, positional: Sequence[str], keyword_only: Sequence[str], defaults: dict[str, Any],
                 varargs: str | None = None, signatures: tuple[Signature, ...] | PythonSignature | None = None) -> None:
        self.name = name
        self.method = method
        self.positional = tuple(positional)
        self.keyword_only = tuple(keyword_only)
        self.defaults = defaults
        self.varargs = varargs
        self.straight: set[tuple[type, ...]] = set()  # types of positional arguments that go to the function as they are
        self._plans: dict[Any, Plan] = {}
        self._signatures: Any = signatures

    @property
    def signatures(self) -> tuple[Signature, ...] | PythonSignature:
        """torch's signatures; none of a function that is not torch's."""
        if self._signatures is None:
            self._signatures = overloads("Tensor", self.name) if self.method else function_overloads(self.name)
        return self._signatures  # type: ignore[no-any-return]

    def answer(self, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What a mode, or the class of a tensor among the arguments, answers in the place of the function; UNANSWERED if nobody does."""
        signatures = self.signatures
        spelled = spelled_out(signatures.bind) if isinstance(signatures, PythonSignature) else None
        return answer(function, args, kwargs, None if self.takes_tensors() else (), spelled)

    def answer_or_raise(self, error: Exception, function: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """What an object that is no tensor answers to a call that ended in an error; the error if there is none that does."""
        answered = self.answer(function, args, kwargs)
        if answered is UNANSWERED:
            try:
                raise error from None
            finally:
                del error  # whose traceback has this frame: all that the call made would live until the collector of cycles comes
        return answered

    def takes_tensors(self) -> bool:
        """Whether an argument of the function can be a tensor, by its signatures."""
        signatures = self.signatures
        return self.method or isinstance(signatures, PythonSignature) or not signatures or any(
            "Tensor" in p.type and p.name != "out" for s in signatures for p in s.parameters)

    def parse(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any], Any]:
        """The positional and the keyword arguments of the function, and what was given as ``out``; torch's TypeError if they fit no signature."""
        key: Any = tuple(map(type, args))
        if kwargs:
            key = (key, *kwargs, *map(type, kwargs.values()))
        plan = self._plans.get(key)
        if plan is None:
            return self._first_time(args, kwargs, key)
        try:
            return self._follow(plan, args, kwargs)
        except Unfit:
            return self._first_time(args, kwargs, None)

    def _follow(self, plan: Plan, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Sequence[Any], dict[str, Any], Any]:
        values = list(args)
        if plan.one_by_one >= 0:
            values[plan.one_by_one :] = (args[plan.one_by_one :],)
        if kwargs:
            values += kwargs.values()
        for i, convert, parameter in plan.conversions:
            try:
                values[i] = convert(values[i])
            except BadElement as error:
                raise error.of(self.name, parameter.name) from None
        if plan.order is None:
            return values, _NO_KEYWORDS, None
        values += plan.defaults
        out = None if plan.out < 0 else values[plan.out]
        return [values[i] for i in plan.order], {name: values[i] for name, i in plan.keywords}, out

    def _first_time(self, args: Sequence[Any], kwargs: dict[str, Any], key: Any) -> tuple[Sequence[Any], dict[str, Any], Any]:
        signatures = self.signatures
        if self.takes_tensors() and takes_part((*args, *kwargs.values())):
            raise TypeError(f"{self.name}() takes tensors")  # others take part in calls: they are asked for the answer instead
        if isinstance(signatures, PythonSignature):
            return self._bound_by_python(signatures, args, kwargs)
        if not signatures:  # an operation that torch does not show: its own programs call it rightly
            if not kwargs:
                self.straight.add(tuple(map(type, args)))
            return args, kwargs, None
        given = args[1:] if self.method else args
        chosen = next((s for s in signatures if s.mismatch(self.name, given, kwargs) is None), None)
        if chosen is None:
            raise refusal(self.name, signatures, given, kwargs)
        if chosen.deprecated:
            _warn_of(self.name, chosen, signatures)
        plan = self._plan(chosen, args, kwargs)
        if key is not None and not chosen.deprecated and not self._depends(signatures, chosen, given, kwargs):
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
                self.straight.clear()
            self._plans[key] = plan
            if not kwargs and plan.order is None and not plan.conversions and plan.one_by_one < 0:
                self.straight.add(key)
        try:
            return self._follow(plan, args, kwargs)
        except Unfit:
            raise refusal(self.name, (chosen,), given, kwargs) from None

    def _plan(self, signature: Signature, args: Sequence[Any], kwargs: dict[str, Any]) -> Plan:
        """How a call of this signature, and of arguments of these types, is passed on."""
        plan = Plan()
        offset = int(self.method)
        given = args[offset:]
        places: list[tuple[Parameter, int, Any]] = []  # each parameter that got an argument, the argument's index, and the argument
        count = len(given)
        if signature.takes_one_by_one(given):
            plan.one_by_one = offset
            places.append((signature.parameters[0], offset, given))
            count = 1
        else:
            places += [(p, offset + i, value) for i, (p, value) in enumerate(zip(signature.parameters, given))]
        own = {p.name: p for p in signature.parameters}
        for i, (name, value) in enumerate(zip(signature.own_names(kwargs), kwargs.values())):
            places.append((own[name], offset + count + i, value))
        taken: dict[str, int] = {self.positional[0]: 0} if offset else {}
        for p, index, value in places:
            if value is not None or not p.allows_none:
                convert = converter(p, type(value))
                if convert is not None:
                    plan.conversions.append((index, convert, p))
            if p.name == "out":
                plan.out = index
                continue
            target = self.target(signature, p)
            if target is None:
                if value is not None and not isinstance(value, bool):
                    raise NotImplementedError(f"{self.name}(): refimpl has no argument '{p.name}'")
                continue
            taken[target] = index
        self._arrange(plan, taken, offset + count + len(kwargs))
        return plan

    def _arrange(self, plan: Plan, taken: dict[str, int], count: int) -> None:
        """Fill ``plan.order`` and ``plan.keywords`` from the index of each parameter's argument."""
        order: list[int] = []
        last = max((i for i, name in enumerate(self.positional) if name in taken), default=-1)
        for name in self.positional[: last + 1]:
            if name in taken:
                order.append(taken[name])
            else:
                order.append(count + len(plan.defaults))
                plan.defaults.append(self.defaults[name])
        plan.keywords = [(name, taken[name]) for name in self.keyword_only if name in taken]
        if order != list(range(count)) or plan.out >= 0 or plan.keywords:
            plan.order = order

    def target(self, signature: Signature, parameter: Parameter) -> str | None:
        """The parameter of the function that a parameter of the signature goes to: that of its name, else that in its place."""
        if parameter.name in self.positional or parameter.name in self.keyword_only:
            return parameter.name
        if parameter.keyword_only:
            return None
        position = signature.parameters.index(parameter) + int(self.method)
        target = self.positional[position] if position < len(self.positional) else None
        return None if target in [p.name for p in signature.parameters] else target

    def _depends(self, signatures: Sequence[Signature], chosen: Signature, given: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Whether arguments of the same types might fit an earlier signature."""
        for signature in signatures:
            if signature is chosen:
                return signature.varargs and bool(given) and is_tensor(given[0])  # which is one of the ints of a size if it has one element
            if signature.may_fit(given, kwargs):
                return True
        return False

    def _bound_by_python(self, signature: PythonSignature, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The arguments of a function that torch writes in Python, which binds them as Python does."""
        bound = signature.bind(*args, **kwargs)
        if signature.passed_on:
            if not self.method:
                getattr(next(iter(bound.values())), self.name)  # the method, which the function calls
            signatures = signature.parser(bound)
            handed_on = list(bound.items())[0 if signatures[0].parameters[0].name == "input" else 1 :]  # a function's parser gets it, too
            given = [value for _, value in handed_on]
            parser = signatures[0].function
            chosen = next((s for s in signatures if s.mismatch(parser, given, {}) is None), None)
            if chosen is None:
                raise refusal(parser, signatures, given, {})
            for p, (name, value) in zip(chosen.parameters, handed_on):
                convert = converter(p, type(value)) if value is not None or not p.allows_none else None
                try:
                    bound[name] = value if convert is None else convert(value)
                except BadElement as error:
                    raise error.of(parser, p.name) from None
        own = (*self.positional, *self.keyword_only, self.varargs)
        out = None if "out" in own else bound.pop("out", None)
        if out is not None and not is_tensor(out):
            raise TypeError(f"{self.name}(): argument 'out' must be Tensor, not {type_name(out)}")
        unknown = [name for name in bound if name not in own]
        for name, place in zip(list(bound), self.positional):
            if name in unknown:
                bound = {place if key == name else key: value for key, value in bound.items()}
        given = [bound[name] for name in self.positional if name in bound]
        if self.varargs:
            given += bound[self.varargs]
        return given, {name: bound[name] for name in self.keyword_only if name in bound}, out


def unlocked(name: str) -> Door:
    """A door for arguments that have passed one already, or that the package alone gives: it lets all through as they are."""
    return Door(name, False, (), (), {}, signatures=())


@overload
def parsed(function: _Function) -> _Function: ...


@overload
def parsed(*, method: bool) -> Callable[[_Function], _Function]: ...


def parsed(function: Any = None, *, method: bool = False) -> Any:
    """Decorator: a function or a method of torch's that is no tensor operation; its arguments pass a door of its own."""
    if function is None:
        return lambda function: _parsed(function, method)
    return _parsed(function, method)


def _parsed(function: Callable[..., Any], method: bool) -> Callable[..., Any]:
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames
    defaults = {**dict(zip(names[count - len(function.__defaults__ or ()) : count], function.__defaults__ or ())), **(function.__kwdefaults__ or {})}
    door = Door(function.__name__, method, names[:count], names[count : count + code.co_kwonlyargcount], defaults)
    straight, parse = door.straight, door.parse

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if overriding.users:
            answered = door.answer(call, args, kwargs)
            if answered is not UNANSWERED:
                return answered
        if kwargs or tuple(map(type, args)) not in straight:
            try:
                args, kwargs, _ = parse(args, kwargs)  # type: ignore[assignment]
            except TypeError as error:
                return door.answer_or_raise(error, call, args, kwargs)
        return function(*args, **kwargs)

    return call


_NO_KEYWORDS: dict[str, Any] = {}


def _warn_of(name: str, signature: Signature, signatures: Sequence[Signature]) -> None:
    if not _warned:
        _warned.append(name)
        instead = next(s for s in signatures if not s.deprecated)
        warnings.warn(f"This overload of {name} is deprecated:\n\t{name}({signature.text})\n"
                      f"Consider using one of the following signatures instead:\n\t{name}({instead.text})", stacklevel=5)
