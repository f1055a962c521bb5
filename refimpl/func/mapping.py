"""``vmap``: a function mapped over a dimension of its arguments.

It is what its definition says: the function is called for each slice, and the results are stacked. Torch computes the same by a rule for each
operation, for all slices at once; what it cannot compute so is refused here as well (:mod:`refimpl.func.slices`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from ..ops.joining.joining import stack
from ..random import get_rng_state, set_rng_state
from ..tensor import Tensor
from .slices import Slices
from .trees import leaves, map_tree, spread, structure

__all__ = ["vmap"]


def vmap(func: Callable[..., Any], in_dims: Any = 0, out_dims: Any = 0, randomness: str = "error", *,
         chunk_size: int | None = None) -> Callable[..., Any]:
    """The function that calls ``func`` for each slice of its arguments along ``in_dims``, and stacks the results along ``out_dims``.

    ``in_dims`` is a dimension for all tensors, or a tuple with one, a tree of them, or None (the argument as it is) for each argument; keywords are
    handed on as they are. Of ``out_dims`` None is for a result that does not depend on the slice. ``randomness`` says what random numbers do: "error"
    (RuntimeError), "different" or "same" ones for all slices. ``chunk_size`` changes nothing here. Where there is no slice, the function is called
    for one of zeros, for the shapes of the results. ValueError for dimensions of different sizes, and for ones that do not fit the arguments;
    RuntimeError where an element of a slice decides what is computed: ``item``, a condition, ``nonzero``, an index that is a mask.
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    name = _name(func)

    @wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if not all(dim is None or isinstance(dim, int) for dim in leaves(out_dims)):
            raise ValueError(f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints representing "
                             "where in the outputs the vmapped dimension should appear.")
        dims = _dimensions(name, in_dims, args)
        flat = list(leaves(args))
        size = _size(flat, dims)
        results, state, followed = [], get_rng_state(), set()
        for i in range(size or 1):
            if randomness == "same":
                set_rng_state(state)
            slices = [_slice(i if size else None, leaf, dim) for leaf, dim in zip(flat, dims)]
            place = iter(slices)
            with Slices(part for part, dim in zip(slices, dims) if dim is not None) as made:
                results.append(func(*map_tree(lambda _: next(place), args), **kwargs))  # noqa: B023
                followed |= {k for k, leaf in enumerate(leaves(results[-1])) if leaf in made}
            if randomness == "error":
                refuse_randomness(state)
        places = _places(name, out_dims, results[0])
        columns = list(zip(*[list(leaves(result)) for result in results]))
        for k, (column, dim) in enumerate(zip(columns, places)):
            if dim is None and k in followed:
                raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
            if dim is not None and not isinstance(column[0], Tensor):
                raise ValueError(f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(column[0])}. Did you mean to set out_dims= "
                                 "to None for output?")
        stacked = iter([_placed(column, dim, size) for column, dim in zip(columns, places)])
        return map_tree(lambda _: next(stacked), results[0])

    return wrapper


def refuse_randomness(state: Any) -> None:
    """RuntimeError if random numbers have been drawn since the default generator was in this state, to which it goes back then."""
    if not bool((get_rng_state() == state).all()):
        set_rng_state(state)
        raise RuntimeError("vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' randomness "
                           "flags on vmap or perform the randomness operation out of vmap")


def plain(tensor: Any) -> Any:
    """A tensor as one of no subclass: transforms work on what they make of their arguments."""
    return tensor if type(tensor) is Tensor else tensor.as_subclass(Tensor)


def _slice(i: int | None, leaf: Any, dim: int | None) -> Any:
    """One slice of an argument, one of zeros if there is none, or the whole of it."""
    if dim is None:
        return leaf
    leaf = plain(leaf)
    return leaf.new_zeros(leaf.shape[:dim] + leaf.shape[dim % leaf.dim() + 1 :]) if i is None else leaf.select(dim, i)


def _placed(parts: Any, dim: int | None, size: int) -> Any:
    if dim is None:
        return parts[0]
    whole = stack(list(parts), dim)
    return whole if size else whole.narrow(dim, 0, 0)


def _name(function: Any) -> str:
    if isinstance(function, partial):
        return f"functools.partial({_name(function.func)}, ...)"
    return getattr(function, "__name__", None) or repr(function)


def _dimensions(name: str, in_dims: Any, args: tuple[Any, ...]) -> list[int | None]:
    """The mapped dimension of each leaf of the arguments."""
    call = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, got: "
                         f"{type(in_dims)}.")
    if not args:
        raise ValueError(f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a function with no "
                         "inputs. The latter is unsupported.")
    dims = spread(in_dims, args)
    if dims is None:
        raise ValueError(f"{call}: in_dims is not compatible with the structure of `inputs`. in_dims has structure {structure(in_dims)} but inputs "
                         f"has structure {structure(args)}.")
    for leaf, dim in zip(leaves(args), dims):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None.")
        if not isinstance(leaf, Tensor):
            raise ValueError(f"{call}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over "
                             "non-Tensor arguments, please use None as the respective in_dim")
        if not -leaf.dim() <= dim < leaf.dim():
            raise ValueError(f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {leaf.dim()} so expected "
                             f"in_dim to satisfy -{leaf.dim()} <= in_dim < {leaf.dim()}.")
    return dims


def _size(flat: list[Any], dims: list[int | None]) -> int:
    """The size of the mapped dimension."""
    sizes = [leaf.shape[dim] for leaf, dim in zip(flat, dims) if dim is not None]
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(f"vmap: Expected all tensors to have the same size in the mapped dimension, got sizes {sizes} for the mapped dimension")
    return sizes[0]  # type: ignore[no-any-return]


def _places(name: str, out_dims: Any, result: Any) -> list[int | None]:
    """Where each leaf of a result gets the mapped dimension."""
    if isinstance(result, Tensor) and isinstance(out_dims, tuple) and len(out_dims) == 1:
        return [out_dims[0]]
    places = spread(out_dims, result)
    if places is None:
        raise ValueError(f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of `outputs`. out_dims "
                         f"has structure {structure(out_dims)} but outputs has structure {structure(result)}.")
    return places
