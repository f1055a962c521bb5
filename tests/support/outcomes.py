"""What a call gives with torch and with refimpl: values with their dtypes and strides, the error, the warnings."""

from __future__ import annotations

import warnings

import torch

import refimpl


def shown(value):
    """A value as something that compares, whichever library made it."""
    if isinstance(value, (torch.Tensor, refimpl.Tensor)):
        if value.is_complex():
            return shown(value.real), shown(value.imag)
        return [repr(value.detach().tolist()), str(value.dtype), tuple(value.shape), tuple(value.stride()), value.requires_grad]
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *map(shown, value)]
    return repr(value).replace("refimpl", "torch")


def outcome(call, library):
    """What a call gives, or the error that it raises; and the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = shown(call(library))
        except Exception as error:  # noqa: BLE001  (it is compared)
            found = type(error).__name__, str(error).replace("refimpl", "torch")
    return found, [(each.category.__name__, str(each.message)) for each in caught]


def same(call):
    """Hold that a call gives the same with both libraries."""
    expected, got = (outcome(call, library) for library in (torch, refimpl))
    assert got == expected
