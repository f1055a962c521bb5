"""The dtypes of limited support against torch: casts of every bit pattern, promotion, creation, text, files, and what is refused."""

from __future__ import annotations

import io
import warnings
from array import array
from fractions import Fraction
from itertools import product

import pytest
import torch as real_torch
from places import LINES
from snippets import assert_agree, lines

import refimpl
from refimpl.foundation.dtypes import stored_dtypes
from refimpl.operations.refusals import violations_of
from refimpl.serialization import safetensors

LIMITED = [d.name for d in stored_dtypes if d.limited]
FLOAT8 = [name for name in LIMITED if name.startswith("float8")]
NAMES = [d.name for d in stored_dtypes]
# torch's casts of floats that an integer dtype cannot hold are those of one instruction or another; these are the same for all.
LARGEST = {name: refimpl.iinfo(getattr(refimpl, name)).max for name in NAMES if "int" in name}
OF_ALL_LINES = lines((LINES / "limited_dtypes.txt").read_text(encoding="utf-8"))


def of_bits(library, name, octets):
    """The tensor whose elements have these bytes."""
    return library.frombuffer(bytearray(octets), dtype=library.uint8).view(getattr(library, name))


def octets_of(tensor):
    library = refimpl if isinstance(tensor, refimpl.Tensor) else real_torch
    return bytes(tensor.contiguous().view(-1).view(library.uint8).tolist())


def patterns(name):
    """The bytes of every element of 8 or 16 bits; of wider dtypes zeros, ends, and what lies around the precisions of the floats."""
    d = getattr(real_torch, name)
    if name == "bool":
        return b"\0\1"
    if d.itemsize == 1:
        return bytes(range(256))
    if d.itemsize == 2:
        return array("H", range(65536)).tobytes()
    if d.is_floating_point or d.is_complex:
        numbers = [0.0, -0.0, 1.0, -1.0, 0.5, 2.5, -2.5, 255.5,
                   65504.0, 65519.9, 65520.0, 3e38, -3e38, 1e-8, 2.0**-25, 2.0**31, 2.0**32 - 256, 7e4,
                   2.0**63, 2.0**64 - 2.0**40,
                   float("inf"), float("-inf"), float("nan"), 447.0, 464.0, 465.0, 240.0, 248.0, 6e4, 61440.0]  # fmt: skip
        tensor = real_torch.tensor([complex(a, b) if d.is_complex else a for a, b in zip(numbers, reversed(numbers), strict=True)], dtype=d)
    else:
        bits = 8 * d.itemsize
        around = {0, 1, *(2**k + s for k in range(1, bits) for s in (-1, 0, 1)), *(3 * 2**k + 1 for k in range(bits - 2)), 2**bits - 1}
        around |= {-x % 2**bits for x in around}
        octets = b"".join([x.to_bytes(d.itemsize, "little") for x in sorted(around)])
        tensor = real_torch.frombuffer(bytearray(octets), dtype=d)
    return octets_of(tensor)


def castable(source, target):
    """The elements of ``source`` whose cast torch specifies."""
    tensor = of_bits(real_torch, source, patterns(source))
    if target in LARGEST and source not in LARGEST and source != "bool":
        real = (tensor.real if tensor.is_complex() else tensor).double()
        fits = (real > -1 if target.startswith("u") else real >= -float(LARGEST[target])) & (real <= float(LARGEST[target]))
        tensor = tensor[fits]
        size = 8 * getattr(real_torch, target).itemsize - (target[0] == "i")
        tensor = tensor[(tensor.real if tensor.is_complex() else tensor).double() < 2.0**size]
    return octets_of(tensor)


@pytest.mark.parametrize(("source", "target"), [pair for pair in product(NAMES, NAMES) if not set(pair).isdisjoint(LIMITED)])
def test_casts(source, target):
    octets = castable(source, target)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ours, theirs = (octets_of(of_bits(library, source, octets).to(getattr(library, target))) for library in (refimpl, real_torch))
    size = getattr(real_torch, target).itemsize
    for i in range(0, len(theirs), size):
        if ours[i : i + size] != theirs[i : i + size]:
            step = getattr(real_torch, source).itemsize
            a, b = (of_bits(real_torch, target, o[i : i + size]).item() for o in (ours, theirs))
            element = of_bits(real_torch, source, octets[i // size * step : (i // size + 1) * step]).item()
            twice = target in ("bfloat16", *FLOAT8)  # torch rounds to float32 first
            assert a != a and b != b or twice and abs(Fraction(a) - Fraction(element)) < abs(Fraction(b) - Fraction(element)), (element, a, b)


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("line", OF_ALL_LINES)
def test_says_what_torch_says(line, name):
    if (line, name) == ("torch.finfo(d)", "float8_e5m2fnuz"):
        assert real_torch.finfo(real_torch.float8_e5m2fnuz).eps == 0.125  # but the number after 1 is 1.25
        assert refimpl.finfo(refimpl.float8_e5m2fnuz).eps == 0.25
    else:
        assert_agree(line, f"import copy, pickle\nd = torch.{name}")


@pytest.mark.parametrize("name", FLOAT8)
@pytest.mark.parametrize("line", lines((LINES / "eight_bit_floats.txt").read_text(encoding="utf-8")))
def test_floats_of_8_bits_say_what_torch_says(line, name):
    setup = f"import math\nd = torch.{name}\nx = torch.frombuffer(bytearray(range(256)), dtype=torch.uint8).view(d)\n"
    assert_agree(line, f"{setup}y = torch.frombuffer(bytearray(i * 77 % 256 for i in range(256)), dtype=torch.uint8).view(d)")


@pytest.mark.parametrize("line", lines((LINES / "complex32.txt").read_text(encoding="utf-8")))
def test_complex32_says_what_torch_says(line):
    numbers = "[1 + 2j, 0.5 - 1j, 3, -0.1 + 6e4j, complex('inf-nanj'), complex('-inf+infj'), -0.0, 6e-8 - 6e-8j]"
    prelude = f"d = torch.complex32\nx = torch.tensor({numbers}).to(d)\ny = torch.tensor({numbers}).to(d).roll(3)"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_agree(line, prelude)


@pytest.mark.parametrize("name", FLOAT8)
def test_floats_of_8_bits_are_rounded_once(name):
    """torch rounds to float32 first, where the digit that breaks a tie is lost."""
    ulp = refimpl.finfo(getattr(refimpl, name)).eps
    above = 1.0 + ulp / 2 + 2.0**-40
    ours, theirs = (library.tensor([above, -above], dtype=library.float64).to(getattr(library, name)) for library in (refimpl, real_torch))
    assert ours.tolist() == [1.0 + ulp, -1.0 - ulp]
    assert theirs.tolist() == [1.0, -1.0]


@pytest.mark.parametrize("name", [*FLOAT8, "complex32"])
def test_dlpack_goes_both_ways(name):
    for giver, taker in ((refimpl, real_torch), (real_torch, refimpl)):
        found = taker.from_dlpack(of_bits(giver, name, patterns(name)))
        assert found.dtype is getattr(taker, name)
        assert octets_of(found) == patterns(name)


@pytest.mark.parametrize(("name", "code"), [("float8_e4m3fn", "F8_E4M3"), ("float8_e5m2", "F8_E5M2"), ("float8_e4m3fnuz", None)])
def test_safetensors_hold_what_the_format_has(name, code):
    tensors = {"x": of_bits(refimpl, name, patterns(name))}
    if code is None:
        with pytest.raises(safetensors.SafetensorError, match="the format lacks"):
            safetensors.save(tensors)
        return
    written = safetensors.save(tensors)
    assert f'"dtype":"{code}"'.encode() in written
    assert octets_of(safetensors.load(written)["x"]) == patterns(name)


@pytest.mark.parametrize("name", LIMITED)
def test_no_default_dtype(name):
    for library in (refimpl, real_torch):
        with pytest.raises(TypeError, match="couldn't find storage object|only floating-point types are supported"):
            library.set_default_dtype(getattr(library, name))
        assert library.get_default_dtype() is library.float32


@pytest.mark.parametrize("name", LIMITED)
def test_files_go_both_ways(name):
    for writer, reader in ((refimpl, real_torch), (real_torch, refimpl), (refimpl, refimpl)):
        octets = patterns(name)
        file = io.BytesIO()
        writer.save({"x": of_bits(writer, name, octets)[1:]}, file)
        file.seek(0)
        found = reader.load(file)["x"]
        assert found.dtype is getattr(reader, name)
        assert octets_of(found) == octets[found.dtype.itemsize :]


def test_operations_that_declare_nothing_refuse_a_result_before_any_such_tensor_was_made():
    for line in ("torch.arange(3, dtype=torch.uint16)", "torch.ones(2).sum(dtype=torch.uint16)", "torch.rand(2, dtype=torch.uint16)"):
        for library in (refimpl, real_torch):
            with pytest.raises(NotImplementedError, match="not implemented for 'UInt16'"):
                eval(line, {"torch": library})


COMPLEX32_HAS = ("x + x", "x - 1", "x.neg()", "x.tril()", "x.masked_fill(x == 1, 0)", "x.add_(1)")
OF_REAL_NUMBERS = ("x.clamp(min=1)", "x.argmax()")  # which are refused for being complex
REFUSED = """
x + x
x - 1
x < x
x.clamp(min=1)
x.neg()
x.amax()
x.argmax()
x.gather(0, torch.tensor([0]))
x.tril()
x.masked_fill(x == 1, 0)
x @ x
x.matmul(x)
x.mode()
torch.searchsorted(x, x)
torch.floor_divide(x, x)
x.cumsum_(0)
x.add_(1)
x.sum(dtype=x.dtype)
torch.div(x, x, rounding_mode="floor")
torch.nn.functional.softmax(x, 0)
"""


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("line", lines(REFUSED))
def test_what_is_refused(line, name):
    if name == "complex32" and line in (*COMPLEX32_HAS, *OF_REAL_NUMBERS):
        return
    for library in (refimpl, real_torch):
        x = library.tensor([2, 1, 3]).to(getattr(library, name))
        x = x.reshape(1, 3) if "tril" in line else x
        with pytest.raises(NotImplementedError, match="not implemented for"):
            eval(line, {"torch": library, "x": x})


def test_operands_without_a_common_dtype_violate_that_beside_the_constraints():
    x, y = refimpl.tensor([0.0]), refimpl.tensor([0.0]).to(refimpl.float8_e4m3fnuz)
    with pytest.raises(RuntimeError) as caught:
        refimpl.where(x, y, x)
    said = [violation.words for violation in violations_of(caught.value)]
    assert "where expected condition to be a boolean tensor, but got a tensor with dtype Float" in said
    with pytest.raises(RuntimeError) as torchs:
        real_torch.where(real_torch.tensor([0.0]), real_torch.tensor([0.0]).to(real_torch.float8_e4m3fnuz), real_torch.tensor([0.0]))
    assert str(torchs.value) in said
