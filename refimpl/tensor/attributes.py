"""``tensor.__dict__``: what a program has put on a tensor, without what this package keeps there; and attributes that cannot be set."""

from __future__ import annotations

from typing import Any, Iterator, MutableMapping

STATE = frozenset("""
    _view _requires_grad _grad_fn _output_nr _grad _grad_dtype _accumulator _counter _base _seen _creation _replay _inference _tangent _retains_grad
    _hooks _post_hooks
""".split())


class Attributes(MutableMapping[str, Any]):
    """The attributes in a tensor's dict, live, without its state, which can be neither seen nor set through it."""

    def __init__(self, everything: dict[str, Any]) -> None:
        self._everything = everything

    def __getitem__(self, name: str) -> Any:
        if name in STATE:
            raise KeyError(name)
        return self._everything[name]

    def __setitem__(self, name: str, value: Any) -> None:
        if name in STATE:
            raise KeyError(name)
        self._everything[name] = value

    def __delitem__(self, name: str) -> None:
        if name in STATE:
            raise KeyError(name)
        del self._everything[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in tuple(self._everything) if name not in STATE)

    def __len__(self) -> int:
        return sum(name not in STATE for name in self._everything)

    def __contains__(self, name: object) -> bool:
        return name not in STATE and name in self._everything

    def copy(self) -> dict[str, Any]:
        """As a dict."""
        return dict(self)

    def __repr__(self) -> str:
        return repr(dict(self))


class ReadOnly(property):
    """A property that says in torch's words that it cannot be set."""

    def __init__(self, plain: property, name: str) -> None:
        super().__init__(plain.fget, doc=plain.__doc__)
        self._refused = f"attribute {name!r} of 'torch._C.TensorBase' objects is not writable"

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(self._refused)

    def __delete__(self, instance: Any) -> None:
        raise AttributeError(self._refused)
