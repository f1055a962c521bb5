# Written by python -m refimpl.operations.stubs from the registry and torch's signatures.
# mypy: disable-error-code="overload-overlap, override, overload-cannot-match"
from builtins import bool as _bool, complex as _complex, float as _float, int as _int, str as _str, type as _type
from typing import Any, Sequence, overload

from ..foundation.devices import device as _device
from ..foundation.dtypes import dtype as _dtype
from ..random.generator import Generator as _Generator
from .. import return_types
from ..tensor import Tensor, layout as _layout, memory_format as _memory_format

_Number = _bool | _int | _float | _complex
_Device = _device | _str | _int | None
_Sizes = Sequence[_int]

