"""Files go from torch to refimpl and back; hostile and broken ones are refused and do nothing."""

from __future__ import annotations

import collections
import io
import os
import pickle
import random
import struct
import tarfile
import warnings
import zipfile
from pickle import UnpicklingError

import pytest
import torch as real_torch

import refimpl


def content(torch):
    """Everything that a checkpoint may hold."""
    torch.manual_seed(0)
    base = torch.arange(6.0).reshape(2, 3)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Tanh(), torch.nn.Linear(3, 1))
    optimizer = torch.optim.Adam(model.parameters(), amsgrad=True)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    shared = torch.nn.Parameter(torch.ones(2))
    dtypes = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128".split()
    return {
        "base": base, "row": base[1], "transposed": base.t(), "parameter": shared, "tied": [shared, shared], "size": torch.Size([1, 2]),
        "dtype": torch.float32, "device": torch.device("cpu"), "conj": torch.tensor([1 + 2j, 3j]).conj(), "imag": torch.tensor([1 + 2j]).conj().imag,
        "buffer": torch.nn.Buffer(torch.ones(1)), "model": model.state_dict(), "optimizer": optimizer.state_dict(), "complex": 1 - 2.5j,
        "plain": [1, 2.5, "x", None, True, b"ab", (3, [4]), 2**70, -1, {"k": ()}], "set": {1, 2}, "ordered": collections.OrderedDict(a=1, b=[2]),
        "empty": torch.empty(0, 3), "scalar": torch.tensor(3.5), "grad": torch.ones(2, requires_grad=True), "bytes": bytearray(b"xyz"),
        "counter": collections.Counter("aab"), "dtypes": {d: torch.tensor([0, 1, 2], dtype=torch.int32).to(getattr(torch, d)) for d in dtypes},
    }  # fmt: skip


def shown(value):
    if isinstance(value, dict):
        return {key: shown(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shown(each) for each in value]
    if isinstance(value, (real_torch.Tensor, refimpl.Tensor)):
        return repr(value), tuple(value.shape), value.stride(), value.storage_offset(), value.requires_grad, value.is_conj(), type(value).__name__
    return repr(value)


def written(torch, value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}], ids=["zip", "legacy"])
def test_torchs_files_are_read(options, weights_only):
    value = content(real_torch)
    if options:
        del value["imag"]  # torch cannot write it in the old format
    found = refimpl.load(io.BytesIO(written(real_torch, value, **options)), weights_only=weights_only)
    assert shown(found) == shown(value)
    assert found["base"].data_ptr() == found["transposed"].data_ptr() == found["row"].data_ptr() - 12
    assert found["tied"][0] is found["tied"][1] is found["parameter"]
    assert found["model"]._metadata == value["model"]._metadata


def test_torch_reads_our_files():
    value = content(refimpl)
    found = real_torch.load(io.BytesIO(written(refimpl, value)))
    assert shown(found) == shown(value) == shown(content(real_torch))
    assert found["base"].data_ptr() == found["transposed"].data_ptr() == found["row"].data_ptr() - 12
    assert found["tied"][0] is found["tied"][1] is found["parameter"]


def test_training_goes_on_from_the_others_checkpoint():
    """A model and an optimizer, saved by one library in the middle, end the same in both."""
    ends = []
    for first, second in ((refimpl, real_torch), (real_torch, refimpl)):
        def made(torch):
            torch.manual_seed(1)
            model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
            return model, torch.optim.AdamW(model.parameters(), lr=0.05)

        def train(torch, model, optimizer):
            for step in range(3):
                optimizer.zero_grad()
                ((model(torch.ones(2, 3) * step) - 1) ** 2).mean().backward()
                optimizer.step()

        model, optimizer = made(first)
        train(first, model, optimizer)
        data = written(first, {"model": model.state_dict(), "optimizer": optimizer.state_dict()})
        other, its = made(second)
        state = second.load(io.BytesIO(data))
        other.load_state_dict(state["model"])
        its.load_state_dict(state["optimizer"])
        train(second, other, its)
        ends.append([x for p in other.parameters() for x in p.detach().reshape(-1).tolist()])
    assert ends[0] == pytest.approx(ends[1], rel=1e-5)


def test_whole_modules_go_both_ways():
    module = refimpl.nn.Sequential(refimpl.nn.Linear(2, 2), refimpl.nn.ReLU())
    data = written(refimpl, module)
    theirs = real_torch.load(io.BytesIO(data), weights_only=False)
    assert isinstance(theirs, real_torch.nn.Sequential) and repr(theirs) == repr(module)
    ours = refimpl.load(io.BytesIO(written(real_torch, theirs)), weights_only=False)
    assert refimpl.equal(ours(refimpl.ones(1, 2)), module(refimpl.ones(1, 2)))
    with pytest.raises(UnpicklingError, match="torch.nn.modules.container.Sequential was not an allowed global"):
        refimpl.load(io.BytesIO(data))
    with refimpl.serialization.safe_globals([refimpl.nn.Sequential, refimpl.nn.Linear, refimpl.nn.ReLU]):
        assert repr(refimpl.load(io.BytesIO(data))) == repr(module)
    assert refimpl.serialization.get_safe_globals() == []


def test_the_words_for_names_that_are_not_on_the_list():
    for value in (real_torch.nn.ReLU(), real_torch.Tensor.backward, os.getcwd, len):
        data = written(real_torch, value)
        said = []
        for library in (real_torch, refimpl):
            with pytest.raises(UnpicklingError) as caught:
                library.load(io.BytesIO(data))
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_paths_and_places(tmp_path):
    path = tmp_path / "model.pt"
    refimpl.save({"x": refimpl.ones(2)}, path)
    assert real_torch.load(path)["x"].tolist() == [1.0, 1.0]
    for place in ("cpu", refimpl.device("cpu"), {"cpu": "cpu"}, lambda storage, location: storage, None):
        assert refimpl.load(str(path), map_location=place, mmap=True)["x"].device == refimpl.device("cpu")
    asked = []

    def place(storage, location):
        asked.append((type(storage).__name__, location, storage.nbytes()))

    assert refimpl.load(str(path), map_location=place)["x"].tolist() == [1.0, 1.0]
    assert asked == [("UntypedStorage", "cpu", 8)]
    with pytest.raises(RuntimeError, match="Parent directory"):
        refimpl.save(1, tmp_path / "nowhere" / "x.pt")
    with pytest.raises(AttributeError, match="expected 'f' to be string"):
        refimpl.save(1, 5)
    with pytest.raises(AttributeError, match="seek"):
        refimpl.load(5)
    with pytest.raises(FileNotFoundError):
        refimpl.load(tmp_path / "none")
    with pytest.raises(ValueError, match="mmap"):
        refimpl.load(io.BytesIO(b"x"), mmap=True)
    with pytest.raises((AttributeError, pickle.PicklingError)), open(tmp_path / "kept.pt", "wb") as file:
        refimpl.save({"x": lambda: 0}, file)
    assert os.path.getsize(tmp_path / "kept.pt") == 0  # nothing half-written


def test_the_first_format_is_read_as_torch_reads_it():
    """Tar files, made by hand: nobody writes them any more."""
    numbers = struct.pack("<q6f", 6, *map(float, range(6)))
    storages = pickle.dumps(1, 2) + b"\x80\x02(X\x01\x00\x00\x00kX\x03\x00\x00\x00cpuctorch\nFloatStorage\nt." + numbers + pickle.dumps([], 2)
    geometry = struct.pack("<i4xqqqqq", 2, 2, 3, 3, 1, 0)
    tensors = pickle.dumps(1, 2) + b"\x80\x02(X\x01\x00\x00\x00tX\x01\x00\x00\x00kctorch\nFloatTensor\nt." + geometry
    value = b"\x80\x02}X\x01\x00\x00\x00xX\x01\x00\x00\x00tQs."
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as archive:
        for name, data in (("sys_info", pickle.dumps({}, 2)), ("pickle", value), ("tensors", tensors), ("storages", storages)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    assert refimpl.load(io.BytesIO(file.getvalue()))["x"].tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]


# -- hostile files ---------------------------------------------------------------------------------


class Hostile:
    """Runs a command when it is read."""

    def __init__(self, function, *arguments):
        self.function = function
        self.arguments = arguments

    def __reduce__(self):
        return self.function, self.arguments


def archive_of(pickled, storages=None, compression=zipfile.ZIP_STORED, more=()):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        archive.writestr("archive/data.pkl", pickled)
        for key, data in (storages or {"0": bytes(8)}).items():
            archive.writestr(f"archive/data/{key}", data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a name that is there already
            for name, data in more:
                archive.writestr(name, data)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def tensor_pickle(count=2, key="0", offset=0, size=(2,), stride=(1,), kind="torch\nFloatStorage"):
    def number(value):
        return pickle.dumps(value, 2)[2:-1]

    storage = b"(X\x07\x00\x00\x00storagec" + kind.encode() + b"\n" + number(key) + number("cpu") + number(count) + b"tQ"
    return (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset) + number(tuple(size)) + number(tuple(stride))
            + b"\x89ccollections\nOrderedDict\n)RtR.")  # fmt: skip




DOUBLED = b"\x80\x02)" + b"q\x00h\x00\x86" * 60 + b"}(h\x00K\x01u."  # a tuple of 2**60 elements
HOSTILE = {
    "a command": archive_of(pickle.dumps(Hostile(os.system, "echo reached > /dev/stderr"), 2)),
    "eval": archive_of(b"\x80\x02c__builtin__\neval\nX\x04\x00\x00\x001/0.\x85R."),
    "getattr": archive_of(b"\x80\x02cbuiltins\ngetattr\nX\x01\x00\x00\x00a\x85R."),
    "a module of ours": archive_of(b"\x80\x02crefimpl.serialization\nload\nX\x01\x00\x00\x00a\x85R."),
    "an instance": archive_of(b"\x80\x02(X\x01\x00\x00\x00aios\nsystem\n."),
    "an object": archive_of(b"\x80\x02(cos\nsystem\nX\x01\x00\x00\x00ao."),
    "an extension": archive_of(b"\x80\x02\x82\x01."),
    "a tensor that is called": archive_of(b"\x80\x02ctorch\nTensor\nK\x05\x85R."),
    "state for a list": archive_of(b"\x80\x02]}b."),
    "a private attribute": archive_of(tensor_pickle()[:-1] + b"}X\x05\x00\x00\x00_viewK\x01sb."),
    "no mark": archive_of(b"\x80\x02K\x01t."),
    "an empty stack": archive_of(b"\x80\x02."),
    "two objects": archive_of(b"\x80\x02K\x01K\x02."),
    "no end": archive_of(b"\x80\x02K\x01"),
    "an unknown memo": archive_of(b"\x80\x02h\x07."),
    "a key that takes for ever": archive_of(DOUBLED),
    "a list as a key": archive_of(b"\x80\x02}]K\x01s."),
    "a storage that is missing": archive_of(tensor_pickle(key="7")),
    "a storage outside": archive_of(tensor_pickle(key="../../etc/passwd")),
    "a storage that is too small": archive_of(tensor_pickle(count=3)),
    "a negative count": archive_of(tensor_pickle(count=-1)),
    "sizes beyond the storage": archive_of(tensor_pickle(size=(3,))),
    "strides beyond the storage": archive_of(tensor_pickle(size=(2,), stride=(2,))),
    "a negative stride": archive_of(tensor_pickle(stride=(-1,))),
    "a negative size": archive_of(tensor_pickle(size=(-1,))),
    "an offset beyond": archive_of(tensor_pickle(offset=1)),
    "a negative offset": archive_of(tensor_pickle(offset=-1)),
    "a huge size": archive_of(tensor_pickle(size=(2**62, 2**62))),
    "more sizes than strides": archive_of(tensor_pickle(size=(1, 1))),
    "very many dimensions": archive_of(tensor_pickle(size=(1,) * 100, stride=(1,) * 100)),
    "a class that is no storage": archive_of(tensor_pickle(kind="torch\nfloat32")),
    "a bomb": archive_of(tensor_pickle(), {"0": bytes(50_000_000)}, zipfile.ZIP_DEFLATED),
    "two members of one name": archive_of(tensor_pickle(), more=[("archive/data/0", b"other678")]),
    "two objects in the archive": archive_of(tensor_pickle(), more=[("other/data.pkl", b"")]),
    "torchscript": archive_of(tensor_pickle(), more=[("archive/constants.pkl", b"")]),
    "nothing": b"",
    "no pickle": b"hello world",
    "half a zip": archive_of(tensor_pickle())[:100],
    "an old file with another number": pickle.dumps(5, 2),
    "an old file that ends": written(real_torch, {"x": real_torch.ones(3)}, _use_new_zipfile_serialization=False)[:-6],
    "an empty tar": bytes(257) + b"ustar" + bytes(600),
}
REFUSALS = (UnpicklingError, RuntimeError, EOFError, ValueError)


class Unknown:
    """A class that no file may name by default."""


@pytest.mark.parametrize("torch", [refimpl, real_torch], ids=["refimpl", "torch"])
def test_options_of_all_files(torch):
    options = torch.serialization
    assert (options.get_default_load_endianness(), options.get_crc32_options(), options.get_default_mmap_options()) == (None, True, 2)
    unmarked = archive_of(tensor_pickle(), {"0": struct.pack(">2f", 1.0, 2.0)})
    try:
        options.set_default_load_endianness(options.LoadEndianness.BIG)
        assert torch.load(io.BytesIO(unmarked)).tolist() == [1.0, 2.0]
        options.set_default_load_endianness(options.LoadEndianness.LITTLE)
        assert torch.load(io.BytesIO(unmarked)).tolist() != [1.0, 2.0]
    finally:
        options.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="Invalid argument type in function set_default_load_endianness"):
        options.set_default_load_endianness("big")
    with pytest.raises(ValueError, match="expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got 5"):
        options.set_default_mmap_options(5)
    file = written(torch, {"a": Unknown(), "b": torch.ones(2), "c": collections.OrderedDict()})
    assert options.get_unsafe_globals_in_checkpoint(io.BytesIO(file)) == [f"{__name__}.Unknown"]
    with options.safe_globals([Unknown]):
        assert options.get_unsafe_globals_in_checkpoint(io.BytesIO(file)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused(name, capfd):
    with pytest.raises(REFUSALS):
        refimpl.load(io.BytesIO(HOSTILE[name]))
    assert "reached" not in capfd.readouterr().err


def mutated(data, random):
    data = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data))
        kind = random.randrange(4)
        if kind == 0:
            data[at] = random.randrange(256)
        elif kind == 1:
            del data[at : at + random.randint(1, 8)]
        elif kind == 2:
            data[at:at] = random.randbytes(random.randint(1, 8))
        else:
            data[at : at + 4] = random.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\0\0\0\x80", b"\xff\xff\xff\x7f"))
        if not data:
            break
    return bytes(data)


@pytest.mark.parametrize("part", ["zip", "legacy", "pickle"])
def test_mutated_files_are_read_or_refused(part):
    """Whatever happens to its bytes, a file gives an object or one of the errors above."""
    generator = random.Random(os.urandom(8))
    value = {"a": real_torch.arange(6).reshape(2, 3), "b": [1, "x", {"c": real_torch.ones(2).t()}], "o": collections.OrderedDict(p=(1, 2.5, None))}
    zipped = written(real_torch, value)
    inner = zipfile.ZipFile(io.BytesIO(zipped)).read("archive/data.pkl")
    keys = {"0": bytes(48), "1": bytes(8)}
    legacy = written(real_torch, value, _use_new_zipfile_serialization=False)
    for _ in range(1500):
        data = {"zip": lambda: mutated(zipped, generator), "legacy": lambda: mutated(legacy, generator),
                "pickle": lambda: archive_of(mutated(inner, generator), keys)}[part]()  # fmt: skip
        try:
            refimpl.load(io.BytesIO(data))
        except REFUSALS:
            continue
        except Exception as error:
            raise AssertionError(f"{error!r} for {data!r}") from error


def test_what_cannot_be_read_or_written_is_told_in_torchs_words():
    made = io.BytesIO()
    refimpl.save({"x": refimpl.ones(2)}, made)
    whole = made.getvalue()

    def told(torch):
        said = []
        for broken in (whole[:-40], whole[: len(whole) // 2], b"PK\x03\x04rubbish", pickle.dumps([1, 2], protocol=2)):
            for weights_only in (True, False):
                with pytest.raises(RuntimeError) as error:
                    torch.load(io.BytesIO(broken), weights_only=weights_only)
                said.append(str(error.value))
        with pytest.raises(Exception) as error:
            torch.save(lambda: 3, io.BytesIO())
        return [*said, type(error.value), str(error.value)]

    assert told(refimpl) == told(real_torch)
