"""The self-check of an adapter, before anything is judged: its own faults are told once, and not as hundreds of findings about its library.

Looked at is what the adapter answers for by itself: that a tensor read back is the tensor that was made, dtype by dtype, layout by layout; that a
call in each form that it says it supports comes back with a tensor, or :class:`Unsupported`; that what the library does not have is
:class:`Unsupported`; that a gradient comes back. Whether a result is right is no matter of the adapter's, and is not looked at.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator
from typing import Any, Callable

from ..accuracy.number_formats import FORMATS, REAL, decode, encode, is_float
from ..cases.case import DTYPES, EVERY_INTEGER, FLOATS, ITEMSIZE, LIMITED, DType, Slice, TensorSpec, contiguous_strides, element_offsets
from . import adapter_faults
from .adapter_faults import AdapterFault, Fault, broken, fault, innermost, raised_in, shown
from .base import Capabilities, Unsupported, has

# The calls that are tried for each form, until one is supported: operations of one operand that most libraries have.
CALLS = {
    "function": ("neg", "abs", "exp", "clone", "sum"), "method": ("neg", "abs", "exp", "clone", "sum"), "inplace": ("neg", "abs", "exp", "zero"),
    "out": ("neg", "abs", "exp", "sum"), "attribute": ("mT", "T", "real"), "operator": ("__neg__", "__abs__", "__invert__"),
}  # fmt: skip
NO_OPERATION = "no_operation_of_this_name"
_LAYOUTS = (("0-d", (), (), 0), ("empty", (0,), (1,), 0), ("empty", (2, 0, 3), (3, 3, 1), 0), ("row-major", (2, 3), (3, 1), 0))
_STRIDED = (("column by column", (2, 3), (1, 2), 0), ("with gaps", (2, 2), (4, 2), 1), ("expanded", (2, 3), (0, 1), 2))
_OWN_ERRORS = (NameError, AttributeError, TypeError, LookupError, AssertionError)  # raised by the adapter, and not by what it calls


def self_check(backend: Any) -> list[Fault]:
    """The faults of an adapter, each once; an empty list if none was found."""
    found: list[Fault] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for check in (_declares, _round_trips, _literals, _shares_memory, _calls, _has_not, _differentiates, _draws):
            found += _faults(check, backend)
            if found and check in (_declares, _round_trips):
                break  # everything else is made of these
    return list({(each.method, each.due): each for each in reversed(found)}.values())[::-1]


def _faults(check: Callable[[Any], Iterable[Fault]], backend: Any) -> Iterator[Fault]:
    try:
        yield from check(backend)
    except AdapterFault as error:
        yield error.fault
    except Unsupported:
        return


def _ask(backend: Any, method: str, due: str, *args: Any) -> Any:
    """What a method that calls no operation returns: any exception of it but :class:`Unsupported` is a fault."""
    try:
        return getattr(backend, method)(*args)
    except (Unsupported, AdapterFault):
        raise
    except Exception as error:
        raise AdapterFault(_exception(backend, method, due, error)) from error


def _exception(backend: Any, method: str, due: str, error: BaseException) -> Fault:
    found = fault(backend, method, due, f"{type(error).__name__}: {error}")
    return Fault(found.method, raised_in(backend, error) or found.where, found.due, found.came)


# -- what it says of itself ----------------------------------------------------------------------


def _declares(backend: Any) -> Iterator[Fault]:
    if not isinstance(getattr(backend, "name", None), str):
        yield fault(backend, "name", "the backend's name, a str", shown(getattr(backend, "name", None)))
    versions = _ask(backend, "versions", "a dict of names and versions")
    if not isinstance(versions, dict) or not all(isinstance(name, str) for name in versions):
        yield fault(backend, "versions", "a dict of names and versions", shown(versions))
    capabilities = backend.capabilities
    if not isinstance(capabilities, Capabilities):
        yield fault(backend, "capabilities", "Capabilities", shown(capabilities))
        return
    for name, known in (("dtypes", frozenset(ITEMSIZE)), ("forms", Capabilities().forms)):
        unknown = sorted(map(str, set(getattr(capabilities, name)) - known))
        if unknown:
            yield fault(backend, "capabilities", f"{name} among {', '.join(sorted(known))}", ", ".join(unknown))


def _first(backend: Any, dtypes: Iterable[str]) -> str | None:
    return next((dtype for dtype in dtypes if dtype in backend.capabilities.dtypes), None)


def _any(backend: Any) -> str:
    found = _first(backend, (*FLOATS, "int64", *DTYPES))
    assert found is not None
    return found


# -- round trips ---------------------------------------------------------------------------------


def numbers(dtype: str, capabilities: Capabilities) -> list[Any]:
    """Numbers of a dtype among which those that get lost most easily are: its ends, subnormal ones, both zeros, infinities and NaN."""
    if dtype == "bool":
        return [True, False, False, True, True, False]
    if dtype in EVERY_INTEGER:
        low = 0 if dtype.startswith("u") else -(2 ** (8 * ITEMSIZE[dtype] - 1))
        high = 2 ** (8 * ITEMSIZE[dtype] - (dtype[0] != "u")) - 1
        return [1, low, high, 0, 2, high - 1]
    form = FORMATS[dtype]
    real = [1.0, -0.0, form.largest, 2.0**form.emin, -1.5, 0.0]
    if capabilities.subnormals:
        real += [form.smallest_subnormal, -(2.0**form.emin - form.smallest_subnormal)]
    if capabilities.nan:
        real += [math.nan, math.inf, -math.inf]
    return [complex(a, b) for a, b in zip(real, real[::-1])] if dtype in REAL else real


def _round_trips(backend: Any) -> Iterator[Fault]:
    wrong: dict[tuple[str, str, str], tuple[list[str], Fault]] = {}
    for dtype in (*DTYPES, *LIMITED):
        if dtype not in backend.capabilities.dtypes:
            continue
        try:
            _round_trip(backend, dtype)
        except Unsupported as error:
            yield fault(backend, "make_tensor", f"tensors of {dtype}, which is among the dtypes of its capabilities", f"Unsupported: {error}")
        except AdapterFault as error:
            key = error.fault.method, error.fault.where, error.fault.due
            wrong.setdefault(key, ([], error.fault))[0].append(dtype)
    for dtypes, found in wrong.values():
        yield Fault(found.method, found.where, f"{found.due} (of {', '.join(dtypes)})", found.came)


def _round_trip(backend: Any, dtype: str) -> None:
    capabilities = backend.capabilities
    values = numbers(dtype, capabilities)
    layouts = [*_LAYOUTS, ("all its numbers", (len(values),), (1,), 0), *(_STRIDED if capabilities.strides else ())]
    for words, shape, strides, offset in layouts:
        data = encode((values * 2)[: max(len(values), 8)] if words == "with gaps" else values, dtype)
        spec = TensorSpec(0, dtype, shape, strides, offset)
        storage = _ask(backend, "make_storage", "a block of memory with these bytes", data)
        try:
            tensor = _ask(backend, "make_tensor", f"a tensor, {words}", storage, spec)
        except Unsupported:
            if words in ("0-d", "row-major", "all its numbers"):
                raise
            continue
        if _ask(backend, "is_tensor", "True or False", tensor) is not True:
            raise broken(backend, "is_tensor", "True of what make_tensor made", shown(tensor))
        _as_made(backend, data, spec, words, tensor)
        kept = _ask(backend, "storage_bytes", "the bytes of a storage", storage)
        if not isinstance(kept, (bytes, bytearray)):
            raise broken(backend, "storage_bytes", "bytes", shown(kept))
        if capabilities.values and not _same(bytes(kept), data, dtype, capabilities):
            raise broken(backend, "storage_bytes", "the bytes that the storage was made with", _numbers(bytes(kept), dtype))


def _as_made(backend: Any, data: bytes, spec: TensorSpec, words: str, tensor: Any) -> None:
    reading = _ask(backend, "read", "a Reading of a tensor that was made just now", tensor)
    wrong = adapter_faults.misread(backend.capabilities, reading)
    if wrong is not None:
        raise broken(backend, "read", *wrong)
    both = _both(backend)
    for name in ("dtype", "shape", *(("strides", "offset") if backend.capabilities.strides and spec.numel else ())):
        if getattr(reading, name) != getattr(spec, name):
            raise _trip(backend, both, f"{name} {getattr(spec, name)} of a tensor made so, {words}", f"{getattr(reading, name)}")
    if backend.capabilities.values:
        size = ITEMSIZE[spec.dtype]
        places = element_offsets(spec.shape, spec.strides, spec.offset)
        there = b"".join([data[i * size : (i + 1) * size] for i in places])
        if not _same(bytes(reading.data), there, spec.dtype, backend.capabilities):
            due, came = _difference(there, bytes(reading.data), spec.dtype)
            raise _trip(backend, both, f"{due} again of a tensor made with it, {words}", came)


def _both(backend: Any) -> str:
    return f"{adapter_faults.provided(backend, 'make_tensor')} or {adapter_faults.provided(backend, 'read')}"


def _trip(backend: Any, both: str, due: str, came: str) -> AdapterFault:
    places = [adapter_faults.place_of(backend, adapter_faults.provided(backend, name)) for name in ("make_tensor", "read")]
    return AdapterFault(Fault(both, "; ".join(dict.fromkeys(filter(None, places))), due, came))


def _same(a: bytes, b: bytes, dtype: str, capabilities: Capabilities) -> bool:
    if a == b:
        return True
    if len(a) != len(b) or not is_float(dtype):
        return False
    return all(_alike(x, y) for x, y in zip(decode(a, dtype), decode(b, dtype), strict=True))


def _alike(x: float, y: float) -> bool:
    return (x != x and y != y) or (x == y and math.copysign(1.0, x) == math.copysign(1.0, y))


def _difference(due: bytes, came: bytes, dtype: str) -> tuple[str, str]:
    """The first number that is another one, and what it became."""
    for x, y in zip(decode(due, dtype), decode(came, dtype)):
        if not (_alike(x, y) if is_float(dtype) else x == y):
            return repr(x), repr(y)
    return _numbers(due, dtype), _numbers(came, dtype)


def _numbers(data: bytes, dtype: str) -> str:
    whole = len(data) // ITEMSIZE[dtype] * ITEMSIZE[dtype]
    return f"{len(data)} bytes, {list(decode(data[:whole], dtype))[:8]}"


def _literals(backend: Any) -> Iterator[Fault]:
    for dtype in [name for name in DTYPES if name in backend.capabilities.dtypes]:
        try:
            own = _ask(backend, "literal", f"the library's own {dtype}", DType(dtype))
            plain = _ask(backend, "plain", f"DType({dtype!r}) for what literal made of it", own)
        except Unsupported as error:
            yield fault(backend, "literal", f"the library's own {dtype}, which is among the dtypes of its capabilities", f"Unsupported: {error}")
            return
        if isinstance(own, str) and plain == dtype:
            continue  # a library that names its dtypes by strings
        if plain != DType(dtype):
            yield fault(backend, "plain", f"DType({dtype!r}) for what literal made of it", shown(plain))
            return
    _ask(backend, "literal", "the library's own slice", Slice(0, 1))
    values: tuple[Any, ...] = (3, 0.5, True, None, "text")
    for value in values:
        plain = _ask(backend, "plain", "numbers, text and None as they are", value)
        if plain != value or type(plain) is not type(value):
            yield fault(backend, "plain", "numbers, text and None as they are", f"{shown(plain)} for {value!r}")
            return


def _shares_memory(backend: Any) -> Iterator[Fault]:
    """Two tensors over one storage lie in one place, and one over another does not."""
    if not backend.capabilities.aliasing:
        return
    dtype = _any(backend)
    data = encode(numbers(dtype, backend.capabilities)[:6], dtype)
    first, second = backend.make_storage(data), backend.make_storage(data)
    spec = TensorSpec(0, dtype, (3,), (1,))
    tensors = [backend.make_tensor(storage, spec) for storage in (first, first, second)]
    a, b, c = [adapter_faults.read(backend, tensor).storage for tensor in tensors]
    if a != b:
        yield fault(backend, "read", "a Reading whose storage is equal for tensors that share memory", f"{shown(a)} and {shown(b)}")
    if a == c:
        yield fault(backend, "read", "a Reading whose storage tells two blocks of memory apart", shown(a))


# -- calls ---------------------------------------------------------------------------------------


def _operand(backend: Any, dtype: str, requires_grad: bool = False, shape: tuple[int, ...] = (2, 3)) -> tuple[Any, Any]:
    """A tensor of small numbers, and its storage."""
    values: list[Any] = [True, False, True, True, False, True] if dtype == "bool" else [1, 2, 3, 4, 5, 6]
    storage = backend.make_storage(encode(values, dtype))
    return storage, backend.make_tensor(storage, TensorSpec(0, dtype, shape, contiguous_strides(shape), 0, requires_grad))


def _calls(backend: Any) -> Iterator[Fault]:
    for form in CALLS:
        writes = form in ("inplace", "out")
        if form in backend.capabilities.forms and (backend.capabilities.mutable or not writes):
            yield from _form(backend, form, (2, 3))
    if "function" in backend.capabilities.forms:
        yield from _form(backend, "function", ())  # of which a library may make a number, which is_tensor does not know


def _form(backend: Any, form: str, shape: tuple[int, ...]) -> Iterator[Fault]:
    """One call of a form: the first that the library has."""
    dtype = _any(backend)
    for operation in CALLS[form]:
        if not has(backend.capabilities, operation):
            continue
        words = f"{operation} ({form}, {dtype}, shape {shape})"
        storage, operand = _operand(backend, dtype, shape=shape)
        kwargs = {"out": _operand(backend, dtype, shape=shape)[1]} if form == "out" else {}
        try:
            result = backend.call(operation, form, (operand,), kwargs)
        except Unsupported:
            continue
        except Exception as error:  # noqa: BLE001 - the library's, unless the adapter itself went wrong
            yield from _of_the_adapter(backend, "call", f"a result of {words}, or Unsupported", error)
            return
        if backend.is_tensor(result) is not True:
            yield fault(backend, "call", f"a tensor for {words}, of which is_tensor says True", shown(result))
            return
        adapter_faults.read(backend, result)
        if form == "inplace" and backend.capabilities.values:
            now = adapter_faults.read(backend, operand).data
            if not _same(bytes(adapter_faults.storage_bytes(backend, storage)), bytes(now), dtype, backend.capabilities):
                yield fault(backend, "storage_bytes", f"what {words} wrote, as read tells it", "other bytes")
        return


def _of_the_adapter(backend: Any, method: str, due: str, error: BaseException) -> Iterator[Fault]:
    """An exception that the adapter's own code raised by mistake; one of the library's says nothing here."""
    frame = innermost(error)
    own = frame is not None and frame.filename in adapter_faults.files_of(backend)
    unwritten = isinstance(error, NotImplementedError) and "does not say" in str(error)
    if own and (unwritten or isinstance(error, _OWN_ERRORS)):
        yield _exception(backend, method, due, error)


def _has_not(backend: Any) -> Iterator[Fault]:
    """An operation that nobody has is unsupported."""
    if "function" not in backend.capabilities.forms or backend.capabilities.operations is not None:
        return
    due = f"Unsupported for an operation that the library does not have ({NO_OPERATION})"
    try:
        result = backend.call(NO_OPERATION, "function", (_operand(backend, _any(backend))[1],), {})
    except Unsupported:
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, it would be taken for the library's answer
        yield _exception(backend, "call", due, error)
        return
    yield fault(backend, "call", due, shown(result))


def _differentiates(backend: Any) -> Iterator[Fault]:
    """The gradient of a call for a leaf."""
    dtype = _first(backend, FLOATS)
    if not backend.capabilities.autograd or dtype is None:
        return
    for operation in CALLS["function"]:
        if not has(backend.capabilities, operation):
            continue
        leaf = _operand(backend, dtype, requires_grad=True)[1]
        if not adapter_faults.requires_grad(backend, leaf):
            yield fault(backend, "make_tensor", "a leaf that requires a gradient, where the spec says so", "requires_grad is False")
            return
        try:
            result = backend.call(operation, "function", (leaf,), {})
            if not adapter_faults.requires_grad(backend, result):
                return  # a matter of the library's, and judged
            adapter_faults.node_name(backend, result)
            reading = adapter_faults.read(backend, result)
            storage = backend.make_storage(encode([1] * (len(reading.data) // ITEMSIZE[dtype] or 1), dtype))
            cotangent = backend.make_tensor(storage, TensorSpec(0, dtype, reading.shape, contiguous_strides(reading.shape)))
            for gradient in adapter_faults.gradients(backend, [result], [leaf], [cotangent], False):
                if gradient is not None:
                    adapter_faults.read(backend, gradient)
        except Unsupported:
            continue
        except AdapterFault:
            raise
        except Exception as error:  # noqa: BLE001 - as of a call
            yield from _of_the_adapter(backend, "gradients", f"the gradient of {operation} for its operand, or Unsupported", error)
        return


def _draws(backend: Any) -> Iterator[Fault]:
    """A generator that is seeded has a state."""
    if backend.capabilities.random:
        _ask(backend, "seed", "a seeded generator, or random=False in its capabilities", 0)
        found = _ask(backend, "random_state", "the state of the generator, as bytes", None)
        if not isinstance(found, (bytes, bytearray)):
            yield fault(backend, "random_state", "the state of the generator, as bytes", shown(found))
