"""The Tensor: a view of a storage, and its autograd state. Nothing else.

Every operation is written on its own page in :mod:`refimpl.ops` and attached to this class by the registry as a method, an in-place
method, a property or an operator; none is special-cased here.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from ..foundation.devices import device, device_of, kernels_for
from ..foundation.dtypes import dtype, uint8
from ..foundation.errors import MOST_BYTES, unallocatable
from ..foundation.kernels import Kernels, Storage, View, as_lazy, noted
from ..foundation.layout import channels_last_strides, contiguous_strides, is_channels_last, is_contiguous, suggests_channels_last, wrap_dim
from ..signatures.matching import parsed
from ..signatures.overriding import meet, torch_function
from ..signatures.types import enter, size_elements
from .attributes import Attributes
from .protocols import Protocols

if TYPE_CHECKING:
    from ._methods import Methods
else:

    class Methods:
        """In the place of the operations, which the registry attaches to the Tensor itself; type checkers find them in ``_methods.pyi``."""

        __slots__ = ()


everything: Any = Protocols.__dict__["__dict__"]  # the dict of a tensor, with its state
_new_size = tuple.__new__  # of elements that are ints already


@enter("Size")
class Size(tuple):  # type: ignore[type-arg]
    """The shape of a tensor: a tuple of ints that prints as torch's.

    >>> zeros(2, 3).shape
    torch.Size([2, 3])
    """

    __slots__ = ()

    def __new__(cls, sizes: Any = (), /) -> Size:
        return tuple.__new__(cls, size_elements(sizes))

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        item = tuple.__getitem__(self, index)
        return _new_size(Size, item) if isinstance(index, slice) else item

    def __add__(self, other: Any) -> Any:
        return Size(tuple.__add__(self, other)) if isinstance(other, tuple) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Size(tuple.__add__(other, self)) if isinstance(other, tuple) else NotImplemented

    def __mul__(self, times: Any) -> Any:
        return Size(tuple.__mul__(self, times))

    def __reduce__(self) -> tuple[Any, ...]:
        return Size, (tuple(self),)


@enter("memory_format")
class memory_format:
    """How the dimensions of a tensor are ordered in memory."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")


@enter("layout")
class layout:
    """How a tensor's elements are stored; refimpl has strided tensors only."""

    def __repr__(self) -> str:
        return "torch.strided"

    def __reduce__(self) -> str:
        return "strided"


strided = layout()


@enter("Tensor", "Tensor")
class Tensor(Protocols, Methods):
    """A multi-dimensional array of one dtype: a :class:`~refimpl.foundation.kernels.View` of a storage that other tensors may share."""

    # Autograd state. The defaults stand on the class, so that making a tensor that takes no part in autograd costs nothing.
    _view: View
    _requires_grad = False
    _grad_fn: Any = None  # the node that computes this tensor's gradient; None for a leaf
    _output_nr = 0  # which output of that node it is
    _grad: Tensor | None = None
    _grad_dtype: Any = ...  # that ``grad`` may have: None for any, the ellipsis for the tensor's own
    _accumulator: Any = None  # a weak reference to a leaf's AccumulateGrad node
    _counter: list[int] | None = None  # the version counter, shared by a base and its views
    _base: Tensor | None = None  # the tensor that this one is a view of
    _seen = 0  # the version at which a view's _grad_fn was made
    _creation: str | None = None  # how a view was made, where that forbids in-place writes (see autograd.views)
    _replay: Any = None  # of a view with another dtype than its base: how to make it again (see autograd.views.replay)
    _inference = False
    _tangent: Any = None  # a level of forward-mode differentiation, and the tangent in it
    _retains_grad = False
    _hooks: dict[int, Any] | None = None  # called with the gradient of the tensor
    _post_hooks: dict[int, Any] | None = None  # called after a gradient was added to a leaf's
    name: str | None = None

    def __hash__(self) -> int:
        return id(self)

    @property  # type: ignore[override]
    def __dict__(self) -> Attributes:
        """What a program has put on the tensor."""
        return Attributes(everything.__get__(self))

    @__dict__.setter
    def __dict__(self, attributes: Any) -> None:
        given = dict(attributes)
        found = Attributes(everything.__get__(self))
        found.clear()
        found.update(given)

    # -- subclasses ------------------------------------------------------------------------------
    __torch_function__ = classmethod(torch_function)

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if "__torch_dispatch__" in vars(cls):
            raise NotImplementedError(f"{cls.__name__}.__torch_dispatch__ would never be called: an operation of refimpl computes its result itself, "
                                      "without calls of kernels that could be seen; __torch_function__ sees the calls that a program makes")
        meet(cls)

    # -- what the view says ----------------------------------------------------------------------
    @property
    def shape(self) -> Size:
        return _new_size(Size, self._view.shape)

    @property
    def dtype(self) -> dtype:
        return self._view.dtype

    @property
    def device(self) -> device:
        return device_of(self._view.storage.kernels)

    @property
    def layout(self) -> layout:
        return strided

    @property
    def ndim(self) -> int:
        return len(self._view.shape)

    @property
    def itemsize(self) -> int:
        return self._view.dtype.itemsize

    @property
    def nbytes(self) -> int:
        return self._view.numel * self._view.dtype.itemsize

    @property
    def is_cuda(self) -> bool:
        return self._view.storage.kernels.device_type == "cuda"

    @property
    def is_cpu(self) -> bool:
        return self._view.storage.kernels.device_type == "cpu"

    @property
    def is_meta(self) -> bool:
        return self._view.storage.kernels.device_type == "meta"

    is_sparse = is_sparse_csr = is_quantized = is_mkldnn = is_nested = False
    is_ipu = is_maia = is_mps = is_mtia = is_vulkan = is_xla = is_xpu = False

    def dim(self) -> int:
        """The number of dimensions."""
        return len(self._view.shape)

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._view.numel

    nelement = numel

    def element_size(self) -> int:
        """The size of one element in bytes."""
        return self._view.dtype.itemsize

    @parsed(method=True)
    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return _new_size(Size, self._view.shape) if dim is None else self._view.shape[wrap_dim(dim, len(self._view.shape), zero_dim=False)]

    @parsed(method=True)
    def stride(self, dim: int | None = None) -> Any:
        """The strides in elements, a tuple, or the stride of one dimension."""
        return self._view.strides if dim is None else self._view.strides[wrap_dim(dim, len(self._view.shape), zero_dim=False)]

    def storage_offset(self) -> int:
        """Where in the storage the first element lies, in elements."""
        return self._view.offset

    @parsed(method=True)
    def is_contiguous(self, *, memory_format: memory_format = contiguous_format) -> bool:
        """Whether the elements lie in memory in row-major order (or in the order of ``memory_format``) without gaps."""
        view = self._view
        if memory_format is contiguous_format or memory_format is preserve_format:
            return is_contiguous(view.shape, view.strides)
        return len(view.shape) == (4 if memory_format is channels_last else 5) and is_channels_last(view.shape, view.strides)

    def data_ptr(self) -> int:
        """The address of the first element; 0 for a tensor without elements."""
        view = self._view
        if not view.numel:
            return 0
        return view.storage.kernels.data_ptr(view.storage) + view.offset * view.dtype.itemsize

    def untyped_storage(self) -> UntypedStorage:
        """The storage, as bytes."""
        return UntypedStorage(self._view.storage)

    def storage(self) -> UntypedStorage:
        """The storage; its length counts elements of this tensor's dtype."""
        return TypedStorage(self._view.storage, self._view.dtype)

    def get_device(self) -> int:
        """The number of the GPU, or -1 on the host."""
        index = self._view.storage.kernels.device_index
        return -1 if index is None else index

    def is_floating_point(self) -> bool:
        """Whether the dtype is a real floating point one."""
        return self._view.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether the dtype is complex."""
        return self._view.dtype.is_complex

    def is_signed(self) -> bool:
        """Whether the dtype can hold negative numbers."""
        return self._view.dtype.is_signed

    def is_conj(self) -> bool:
        """Whether the elements count as the conjugates of what is in memory: a view made by ``conj``."""
        return self._view.conjugated

    def is_neg(self) -> bool:
        """Whether the elements count as the negatives of what is in memory: the imaginary part of a view made by ``conj``."""
        return self._view.negated

    def is_shared(self) -> bool:
        """False: no memory is shared between processes."""
        return False

    is_pinned = is_shared

    @parsed(method=True)
    def is_same_size(self, other: Tensor) -> bool:
        """Whether both have the same shape."""
        return self._view.shape == other._view.shape

    def is_nonzero(self) -> bool:
        """Whether the one element is not zero; RuntimeError for other numbers of elements."""
        return bool(self)

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference mode."""
        return self._inference

    @parsed(method=True)
    def is_set_to(self, tensor: Tensor) -> bool:
        """Whether both are the same view of the same storage."""
        a, b = self._view, tensor._view
        return a.storage is b.storage and _geometry(a) == _geometry(b)


def _geometry(view: View) -> tuple[Any, ...]:
    return view.offset, view.shape, view.strides, view.conjugated, view.negated


for _name, _member in tuple(vars(Tensor).items()):
    if callable(_member) and hasattr(_member, "__code__") and not _name.startswith("_"):
        _member.__qualname__ = _name  # Python's messages about wrong arguments then name the method as torch's do


def _new_storage(given: Any, kernels: Any) -> Storage:
    """A storage of so many bytes, or with the bytes of a sequence."""
    if isinstance(given, int) and not isinstance(given, bool):
        return kernels.allocate(given)  # type: ignore[no-any-return]
    wrong = next((each for each in given if not isinstance(each, int)), None)
    if wrong is not None:
        raise RuntimeError(f"torch.UntypedStorage(): tried to construct a storage from a sequence ({type(given).__name__}), but one of the items "
            "was of "
                           f"type {type(wrong).__name__} instead of int")
    storage: Storage = kernels.allocate(len(given))
    for place, byte in enumerate(given):
        kernels.fill(View(storage, place, (), (), uint8), byte)
    return storage


@enter("Storage")
class UntypedStorage:
    """A handle to a storage, as torch's: its address, its size in bytes, its bytes. Two handles of one storage are equal in all of these.

    ``UntypedStorage(4)`` is one of 4 bytes, ``UntypedStorage([1, 2])`` one of these; ``device`` says where.
    """

    itemsize = 1

    def __init__(self, given: Any = 0, *, device: Any = None) -> None:
        self._storage = given if isinstance(given, Storage) else _new_storage(given, kernels_for(device))

    def data_ptr(self) -> int:
        """The address of the first byte."""
        return self._storage.kernels.data_ptr(self._storage)

    @property
    def _cdata(self) -> int:
        """A number by which the storage is known, also where it has no bytes and so no address."""
        return id(self._storage)

    def nbytes(self) -> int:
        """The size in bytes."""
        return self._storage.nbytes

    def size(self) -> int:
        """The number of elements (of an untyped storage, the bytes)."""
        return self._storage.nbytes // self.itemsize

    __len__ = size

    @property
    def device(self) -> device:
        return device_of(self._storage.kernels)

    def _elements(self) -> list[Any]:
        return self._storage.kernels.tolist(View(self._storage, 0, (self.size(),), (1,), self._element_dtype()))

    def _shown(self) -> str:
        if self._storage.kernels.device_type == "meta":
            return "...\n"
        return " " + "\n ".join(str(value) for value in self._elements()) + "\n"

    def tolist(self) -> list[Any]:
        """The elements as Python numbers."""
        return self._elements()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._elements())

    def __getitem__(self, index: int) -> Any:
        return self._elements()[index]

    def __setitem__(self, index: int, value: Any) -> None:
        size = self.size()
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of range for a storage of {size} elements")
        kernels = self._storage.kernels
        kernels.fill(View(self._storage, index % size, (1,), (1,), self._element_dtype()), value)

    def _element_dtype(self) -> dtype:
        return uint8

    def __repr__(self) -> str:
        return f"{self._shown()}[torch.storage.UntypedStorage(device={self.device}) of size {self.size()}]"

    def resize_(self, nbytes: int) -> UntypedStorage:
        """Grow or shrink the storage in place."""
        self._storage.kernels.resize(self._storage, nbytes)
        return self


class TypedStorage(UntypedStorage):
    """A handle to a storage whose elements have a dtype."""

    def __init__(self, storage: Storage, dtype: dtype) -> None:
        super().__init__(storage)
        self.dtype = dtype
        self.itemsize = dtype.itemsize

    def _element_dtype(self) -> dtype:
        return self.dtype

    def __repr__(self) -> str:
        return f"{self._shown()}[torch.storage.TypedStorage(dtype={self.dtype}, device={self.device}) of size {self.size()}]"

    def untyped(self) -> UntypedStorage:
        """The same storage as bytes."""
        return UntypedStorage(self._storage)

    def element_size(self) -> int:
        """The size of one element in bytes."""
        return self.itemsize


# -- making tensors ------------------------------------------------------------------------------
_new = object.__new__


def wrap(view: View) -> Tensor:
    """A tensor on a view: no graph, a version counter of its own."""
    tensor: Tensor = _new(Tensor)
    tensor._view = view
    return tensor


def allocate(shape: tuple[int, ...], dtype: dtype, kernels: Kernels, strides: tuple[int, ...] | None = None) -> Tensor:
    """A fresh tensor with unspecified elements; contiguous unless ``strides`` (dense, in some order) are given."""
    if dtype.limited:
        noted(dtype, kernels)
    return wrap(View(kernels.allocate(memory_of(shape, dtype)), 0, shape, contiguous_strides(shape) if strides is None else strides, dtype))


def memory_of(shape: Sequence[int], dtype: dtype) -> int:
    """How many bytes a tensor has. RuntimeError if they are more than a process can address."""
    nbytes = prod(shape) * dtype.itemsize
    if nbytes >= MOST_BYTES:
        raise unallocatable(shape, nbytes)
    return nbytes


def allocate_like(input: Tensor, shape: tuple[int, ...] | None = None, dtype: dtype | None = None, strides: tuple[int, ...] | None = None) -> Tensor:
    """A fresh tensor on the device of ``input``; its shape and dtype unless given, contiguous unless ``strides`` are given."""
    view = input._view
    return allocate(view.shape if shape is None else shape, view.dtype if dtype is None else dtype, view.storage.kernels, strides)


def alias(input: Tensor, shape: Sequence[int], strides: Sequence[int], offset: int | None = None, dtype: dtype | None = None) -> Tensor:
    """A tensor on the same storage. Used by view operations, which the registry then links to their base."""
    view = input._view
    if dtype is not None:
        noted(dtype, view.storage.kernels)
    result = View(view.storage, view.offset if offset is None else offset, tuple(shape), tuple(strides), dtype or view.dtype)
    return wrap(result if view.__class__ is View else as_lazy(result, view.conjugated, view.negated))


def suggested_format(view: View) -> memory_format:
    """The memory format that a view's strides speak for."""
    if suggests_channels_last(view.shape, view.strides):
        return channels_last if len(view.shape) == 4 else channels_last_3d
    return contiguous_format


def format_strides(shape: tuple[int, ...], format: memory_format) -> tuple[int, ...]:
    """The strides of ``shape`` in a memory format (not ``preserve_format``)."""
    if format is contiguous_format:
        return contiguous_strides(shape)
    wanted = 4 if format is channels_last else 5
    if len(shape) != wanted:
        name = "channels_last" if wanted == 4 else "channels_last_3d"
        raise RuntimeError(f"required rank {wanted} tensor to use {name} format")
    return channels_last_strides(shape)
