"""The safetensors format, held against its description byte by byte; broken files are refused."""

from __future__ import annotations

import json
import os
import random
import struct

import pytest

import refimpl
from refimpl.serialization import safetensors
from refimpl.serialization.safetensors import SafetensorError, load, load_file, metadata, save, save_file

NAMES = {"BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "I32": "int32", "I64": "int64", "F16": "float16", "BF16": "bfloat16",
         "F32": "float32", "F64": "float64", "C64": "complex64"}  # fmt: skip


def file_of(header, data=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_a_file_is_what_the_description_says():
    data = save({"b": refimpl.tensor([[1, 2], [3, 4]], dtype=refimpl.int16), "a": refimpl.tensor([1.0, 2.0])}, {"format": "pt"})
    (length,) = struct.unpack("<Q", data[:8])
    assert length % 8 == 0
    assert json.loads(data[8 : 8 + length]) == {
        "__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "b": {"dtype": "I16", "shape": [2, 2], "data_offsets": [8, 16]},
    }  # fmt: skip
    assert data[8 + length :] == struct.pack("<2f4h", 1.0, 2.0, 1, 2, 3, 4)
    assert metadata(data) == {"format": "pt"}


@pytest.mark.parametrize("name", NAMES)
def test_every_dtype_goes_there_and_back(name, tmp_path):
    d = getattr(refimpl, NAMES[name])
    tensors = {"x": refimpl.tensor([[0, 1, 1], [1, 0, 1]]).to(d), "t": refimpl.tensor([[0, 1], [1, 1]]).to(d).t(), "e": refimpl.empty(0, 2, dtype=d),
               "s": refimpl.tensor(1).to(d)}  # fmt: skip
    save_file(tensors, tmp_path / "x.safetensors")
    found = load_file(tmp_path / "x.safetensors")
    assert {key: (t.dtype, t.shape, t.tolist()) for key, t in found.items()} == {key: (t.dtype, t.shape, t.tolist()) for key, t in tensors.items()}
    assert json.loads(save(tensors)[8:].split(b"}}")[0] + b"}}")["x"]["dtype"] == name


def test_a_checkpoint_of_a_model_goes_there_and_back():
    model = refimpl.nn.Sequential(refimpl.nn.Linear(2, 3), refimpl.nn.Linear(3, 1))
    other = refimpl.nn.Sequential(refimpl.nn.Linear(2, 3), refimpl.nn.Linear(3, 1))
    other.load_state_dict(load(save(model.state_dict())))
    assert all(refimpl.equal(a, b) for a, b in zip(model.parameters(), other.parameters()))


def test_what_cannot_be_written():
    shared = refimpl.ones(4)
    for tensors, kind in (
        ({"x": 1}, ValueError), ({1: shared}, ValueError), ({"__metadata__": shared}, ValueError), ({"x": shared, "y": shared[1:]}, RuntimeError),
        ({"x": refimpl.ones(1, dtype=refimpl.complex128)}, SafetensorError),
    ):  # fmt: skip
        with pytest.raises(kind):
            save(tensors)
    with pytest.raises(SafetensorError):
        save({"x": shared}, {"a": 1})


ENTRY = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
BROKEN = {
    "nothing": b"", "too short": b"1234567", "a length beyond the end": struct.pack("<Q", 100) + b"{}",
    "a huge length": struct.pack("<Q", 2**63) + b"{}",
    "no object": file_of(b"[]"), "no JSON": file_of(b"{x}"), "no text": file_of(b"{\xff}"), "twice the same name": file_of(b'{"a":{},"a":{}}'),
    "deep nesting": file_of(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"), "an entry that is none": file_of({"a": 3}),
    "no shape": file_of({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, bytes(8)), "more than is known": file_of({"a": {**ENTRY, "x": 1}}, bytes(8)),
    "an unknown dtype": file_of({"a": {**ENTRY, "dtype": "F33"}}, bytes(8)), "a negative size": file_of({"a": {**ENTRY, "shape": [-2]}}, bytes(8)),
    "a size that is no integer": file_of({"a": {**ENTRY, "shape": [2.0]}}, bytes(8)), "a bool as a size": file_of({"a": {**ENTRY,
    "shape": [True]}}, bytes(4)),
    "offsets the wrong way": file_of({"a": {**ENTRY, "data_offsets": [8, 0]}}, bytes(8)), "one offset": file_of({"a": {**ENTRY,
    "data_offsets": [8]}}, bytes(8)),
    "offsets beyond the end": file_of({"a": {**ENTRY, "data_offsets": [8, 16]}}, bytes(8)), "too few bytes": file_of({"a": ENTRY}, bytes(7)),
    "bytes at the end": file_of({"a": ENTRY}, bytes(9)), "an overlap": file_of({"a": ENTRY, "b": {**ENTRY, "data_offsets": [4, 12]}}, bytes(12)),
    "a gap": file_of({"a": ENTRY, "b": {**ENTRY, "data_offsets": [9, 17]}}, bytes(17)),
    "metadata that are no texts": file_of({"__metadata__": {"a": 1}}),
    "very many dimensions": file_of({"a": {**ENTRY, "shape": [1] * 100, "data_offsets": [0, 4]}}, bytes(4)),
    "a size that overflows": file_of({"a": {**ENTRY, "shape": [2**62, 4]}}, bytes(8)),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_refused(name):
    with pytest.raises(SafetensorError):
        load(BROKEN[name])


def test_mutated_files_are_read_or_refused():
    generator = random.Random(os.urandom(8))
    whole = save({"a": refimpl.ones(2, 3), "b": refimpl.arange(3)}, {"k": "v"})
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(generator.randint(1, 3)):
            at = generator.randrange(len(data))
            data[at : at + generator.choice((0, 1, 4))] = generator.randbytes(generator.choice((0, 1, 4)))
        try:
            load(bytes(data))
        except SafetensorError:
            continue
    assert safetensors.load(whole)["b"].tolist() == [0, 1, 2]
