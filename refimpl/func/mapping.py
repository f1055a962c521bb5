"""``vmap``: a function mapped over a dimension of its arguments.

It is what its definition says: the function is called for each slice, and the results are stacked. (Torch computes the same by a rule for each
operation, for all slices at once.)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from ..ops.joining.joining import stack
from ..random import get_rng_state, set_rng_state
from ..tensor import Tensor
from .trees import leaves, map_with

__all__ = ["vmap"]


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that calls ``func`` for each slice of its arguments along ``in_dims``, and stacks the results along ``out_dims``.

    ``in_dims`` is a dimension for all tensors, or a tuple with one, a tree of them, or None (the argument as it is) for each argument. ``randomness``
    says what random numbers do: "error" (RuntimeError), "different" or "same" ones for all slices. ``chunk_size`` changes nothing here. ValueError
    for dimensions of different sizes, and for ones that do not fit the arguments.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        size = _size(func, in_dims, args)
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args)
        results, state = [], get_rng_state()
        for i in range(size):
            if randomness == "same":
                set_rng_state(state)
            results.append(func(*map_with(partial(_slice, i), args, dims), **map_with(partial(_slice, i), kwargs, 0)))
            if randomness == "error":
                refuse_randomness(state)
        for leaf in leaves(results[0]):
            if not isinstance(leaf, Tensor):
                raise ValueError(f"vmap({_name(func)}, ...): `{_name(func)}` must only return Tensors, got type {type(leaf)}. Did you "
                                 "mean to set out_dims= to None for output?")
        columns = iter(list(zip(*[list(leaves(result)) for result in results])))
        return map_with(lambda _, dim: _placed(next(columns), dim), results[0], out_dims)

    return wrapper


def refuse_randomness(state: Any) -> None:
    """RuntimeError if random numbers have been drawn since the default generator was in this state, to which it goes back then."""
    if not bool((get_rng_state() == state).all()):
        set_rng_state(state)
        raise RuntimeError("vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness "
                           "flags on vmap or perform the randomness operation out of vmap")


def _slice(i: int, leaf: Any, dim: int | None) -> Any:
    value: Any = leaf
    return leaf if dim is None or not isinstance(leaf, Tensor) else value.select(dim, i)


def _placed(parts: Any, dim: int | None) -> Any:
    return parts[0] if dim is None else stack(list(parts), dim)


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", function))


def _size(func: Any, in_dims: Any, args: tuple[Any, ...]) -> int:
    """The size of the mapped dimension."""
    name = f"vmap({_name(func)}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)) or isinstance(in_dims, bool):
        raise ValueError(f"{name}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
                         f"{type(in_dims)}.")
    if not args:
        raise ValueError(f"vmap({_name(func)})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function "
                         "with no "
                         "inputs. The latter is unsupported.")
    if isinstance(in_dims, tuple) and len(in_dims) != len(args):
        raise ValueError(f"{name}: in_dims is not compatible with the structure of inputs. in_dims has {len(in_dims)} entries but inputs has "
                         f"{len(args)}.")
    sizes = []

    def look(leaf: Any, dim: Any) -> Any:
        if dim is None:
            return leaf
        if not isinstance(dim, int):
            raise ValueError(f"{name}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None.")
        if not isinstance(leaf, Tensor):
            raise ValueError(f"{name}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over non-Tensor "
                             "arguments, "
                             "please use None as the respective in_dim")
        value: Any = leaf
        if not -value.dim() <= dim < value.dim():
            raise ValueError(f"{name}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {value.dim()} so expected "
                             "in_dim to "
                             f"satisfy -{value.dim()} <= in_dim < {value.dim()}.")
        sizes.append(value.shape[dim])
        return leaf

    map_with(look, args, in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(args))
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension")
    if sizes[0] == 0:
        raise ValueError("vmap: the mapped dimension has size 0, so there is nothing to call the function with")
    return sizes[0]  # type: ignore[no-any-return]
