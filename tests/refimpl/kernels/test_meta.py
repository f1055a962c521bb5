"""The device ``meta``: what is known of results before they are computed, beside torch's own and beside the host."""

from __future__ import annotations

import io
import warnings

import pytest
import torch as real_torch
from snippets import outcome

import refimpl
from conformance.backends import Unsupported, find_backend
from conformance.catalogue.entries import entries
from conformance.examples.building import plain_case
from conformance.execution.outcomes import execute

# What elements decide: the size of a result, or of what the page makes on the way to it; which way it goes; a Python number.
DECIDED = frozenset("""
    nonzero argwhere masked_select combinations unique unique_consecutive repeat_interleave segment_reduce bincount histogram histogramdd
    nonzero_static equal allclose item tolist is_nonzero cov linalg.lstsq rnn_tanh rnn_relu gru lstm cpu numpy to_dlpack where
    isin nn.functional.embedding_bag
    __bool__ __int__ __float__ __complex__ __index__ __contains__ __array__ __dlpack__ __dlpack_device__
""".split())


def described(result):
    return [(o.reading.dtype, o.reading.shape, o.reading.strides) if hasattr(o, "reading") else o for o in result.outputs]


@pytest.mark.parametrize("part", range(4))
def test_every_operation_says_of_its_result_what_the_host_computes(part):
    """Shapes, dtypes and strides of results are those on the host, unless elements decide."""
    host, meta = find_backend("refimpl:cpu"), find_backend("refimpl:meta")
    judged, refused = 0, set()
    for entry in entries()[part::4]:
        for dtype in sorted({"float32", "int64"} & set(entry.operation.dtypes)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    case = plain_case(entry, dtype, ("function", "method"), 0, f"meta {dtype}")[1]
                    expected = execute(host, case)
                except Unsupported:
                    continue
                if expected.error is not None:
                    continue
                try:
                    found = execute(meta, case)
                except Unsupported as reason:
                    if str(reason) != "generators":
                        refused.add(entry.operation.name)
                    continue
            if found.error is not None:
                refused.add(entry.operation.name)
                continue
            assert entry.operation.name in DECIDED or described(found) == described(expected), entry.operation.name
            judged += 1
    assert refused <= DECIDED
    assert judged > 200


LINES = """
torch.ones(2, device="meta")
torch.ones(0, 2, device="meta", dtype=torch.int64)
torch.ones(2, device="meta", requires_grad=True) * 2
torch.ones(2, device="meta:1").device == torch.ones(2, device="meta").device
torch.ones(2, device="meta").tolist()
torch.ones(1, device="meta").item()
bool(torch.ones(1, device="meta"))
torch.ones(2, device="meta").cpu()
torch.zeros(2).copy_(torch.ones(2, device="meta"))
torch.zeros(2, device="meta").copy_(torch.ones(2))
torch.ones(2, device="meta") + torch.tensor(2.0)
torch.empty(10**13, device="meta").sum()
torch.ones(2, device="meta")[5]
torch.ones(2, device="meta")[torch.tensor([5])]
torch.ones(2, device="meta").masked_fill(torch.ones(2, device="meta") > 0, torch.ones((), device="meta"))
torch.ones(2, device="meta").untyped_storage()
torch.ones(2, device="meta").untyped_storage().nbytes()
torch.ones(2, device="meta").data_ptr()
torch.ones(2, device="meta").is_meta, torch.ones(2).is_meta
torch.ones(2, device="meta").type()
torch.ones(2, device="meta").numpy()
torch.ones(2, device="meta").__dlpack__()
torch.ones(2, device="meta").__dlpack_device__()
torch.ones(2, device="meta").resize_(5)
torch.Generator("meta")
torch.rand(3, device="meta"), torch.rand(1)
torch.linalg.eigh(torch.ones(3, 3, device="meta"))
torch.nn.functional.embedding(torch.ones(4, device="meta", dtype=torch.int64), torch.ones(4, 2, device="meta"))
torch.nn.functional.one_hot(torch.ones(4, device="meta", dtype=torch.int64), 5)
torch.nn.functional.cross_entropy(torch.ones(4, 2, device="meta"), torch.ones(4, device="meta", dtype=torch.int64))
torch.nn.Linear(2, 3, device="meta")(torch.ones(4, 2, device="meta"))
torch.nn.LSTM(2, 3, device="meta")(torch.ones(4, 1, 2, device="meta"))[0].shape
torch.nn.init.trunc_normal_(torch.empty(3, device="meta"))
torch.nn.Linear(2, 3, device="meta").to("cpu")
torch.nn.Linear(2, 3, device="meta").to_empty(device="cpu").weight.shape
torch.nn.Linear(2, 3, device="meta").to(torch.float64).weight
torch.nn.Linear(2, 3).load_state_dict(torch.nn.Linear(2, 3, device="meta").state_dict())
copy.deepcopy(torch.ones(2, device="meta"))
pickle.loads(pickle.dumps(torch.ones(2, 3, device="meta").t())).stride()
[x.shape for x in torch.nn.Transformer(4, 2, 1, 1, 8, device="meta").parameters()]
"""


@pytest.mark.parametrize("line", LINES.strip().splitlines())
def test_says_what_torch_says(line):
    scope = "import copy, pickle"
    assert outcome(refimpl, line, scope) == outcome(real_torch, line, scope)


def test_a_model_is_made_without_memory_and_trained_without_numbers():
    with refimpl.device("meta"):
        model = refimpl.nn.Sequential(refimpl.nn.Linear(10**5, 10**5), refimpl.nn.ReLU(), refimpl.nn.Linear(10**5, 2))
        optimizer = refimpl.optim.Adam(model.parameters())
        loss = refimpl.nn.functional.mse_loss(model(refimpl.randn(3, 10**5)), refimpl.randn(3, 2))
        loss.backward()
        optimizer.step()
    assert model[0].weight.grad.shape == (10**5, 10**5) and model[0].weight.grad.is_meta
    assert optimizer.state[model[0].weight]["exp_avg"].is_meta


def test_a_state_is_assigned_and_not_copied():
    source = refimpl.nn.Linear(2, 3)
    model = refimpl.nn.Linear(2, 3, device="meta")
    with pytest.warns(UserWarning, match="which is a no-op"):
        model.load_state_dict(source.state_dict())
    assert model.weight.is_meta
    model.load_state_dict(source.state_dict(), assign=True)
    assert model.weight.tolist() == source.weight.tolist()


def test_a_parameter_that_loses_its_elements_is_another_one_in_each_module():
    for library in (refimpl, real_torch):
        first, second = library.nn.Linear(2, 2), library.nn.Linear(2, 2)
        second.weight = first.weight
        first.weight.requires_grad_(False)
        model = library.nn.Sequential(first, second)
        first.bias.grad = library.ones(2)
        bias = first.bias
        model.to("meta")
        assert first.weight is not second.weight and first.bias is not bias
        assert first.weight.is_meta and not first.weight.requires_grad and first.bias.requires_grad and first.bias.grad.is_meta
        assert isinstance(first.bias, library.nn.Parameter) and not bias.is_meta


def test_checkpoints_are_exchanged_with_torch():
    for writer, reader in ((refimpl, real_torch), (real_torch, refimpl), (refimpl, refimpl)):
        file = io.BytesIO()
        writer.save({"x": writer.ones(2, 3, device="meta", dtype=writer.uint16).t(), "p": writer.nn.Linear(2, 2, device="meta").weight}, file)
        file.seek(0)
        found = reader.load(file)
        assert found["x"].is_meta and found["x"].stride() == (1, 3) and found["x"].dtype is reader.uint16
        assert isinstance(found["p"], reader.nn.Parameter) and found["p"].shape == (2, 2) and found["p"].requires_grad
        file = io.BytesIO()
        writer.save(writer.ones(2), file)
        file.seek(0)
        assert reader.load(file, map_location="meta").is_meta
