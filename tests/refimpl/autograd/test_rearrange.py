"""torch.func.rearrange and the batch normalisations of torch.func, beside torch's."""

import pytest
import torch

import refimpl

PATTERNS = [
    ("a (b c) -> b a c", {"b": 2}), ("a (b c) -> b a c", {"b": 5}), ("a (b c) -> b a c", {}), ("a b -> b a", {"a": 2}), ("... b -> b ...", {}),
    ("a b -> 1 a () b", {}), ("... -> (...)", {}), ("a ... -> (... a)", {}), ("a b ... -> b ... a", {}), ("a b -> (b a)", {}),
    ("(x y) (z w) -> (x z) (y w)", {"x": 2, "z": 3}), ("a b c -> a b c", {}), ("a b c ... -> a b c ...", {}),
    ("a (b c) -> a b c", {"b": 4, "c": 2}), ("a (b (c)) -> a b c", {}), ("a b) -> a b", {}), ("a (b -> a b", {}), ("a b! -> a b", {}),
    ("_a b -> b _a", {}), ("1a b -> b", {}), ("a a -> a", {}), ("a b -> a", {}), ("a b", {}), ("(... a) b -> a b ...", {}), ("2 b -> b", {}),
    ("a b -> b a", {"c": 2}), ("a . b -> a b", {}), ("a .... b -> a", {}), ("a b -> (... a b)", {}), ("... a b -> b a ...", {}), ("a b->b a", {}),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "sizes"), PATTERNS, ids=str)
def test_rearranged(pattern, sizes):
    results = []
    for library in (torch, refimpl):
        x = library.arange(12.0).reshape(2, 6)
        try:
            found = library.func.rearrange(x, pattern, **sizes)
            twice = library.func.rearrange([x, x], f"n {pattern.replace('->', '-> n ')}", **sizes)
            results.append((tuple(found.shape), found.tolist(), twice.tolist()))
        except Exception as error:  # noqa: BLE001  (torch has a class of its own for some)
            results.append(str(error).replace("d1 and d2", "b and c").replace("(d1, d2)", "(b, c)"))
    assert results[1] == results[0]


def test_sizes_are_integers_and_ones_are_ones():
    with pytest.raises(TypeError, match="rearrange axis lengths must be integers"):
        refimpl.func.rearrange(refimpl.ones(4), "(a b) -> a b", a=2.0)
    assert refimpl.func.rearrange(refimpl.ones(1, 2), "1 a -> a").shape == (2,)
    with pytest.raises(ValueError, match=r"do not match \(3 != 1\)"):
        refimpl.func.rearrange(refimpl.ones(3, 2), "1 a -> a")
    assert torch.func.rearrange(torch.ones(3, 2), "1 a -> a").tolist() == [3.0, 3.0]  # torch adds them up
    x = refimpl.ones(2, 6, requires_grad=True)
    refimpl.func.rearrange(x, "a (b c) -> b (a c)", b=2).sum().backward()
    assert x.grad.tolist() == [[1.0] * 6] * 2


def test_batch_normalisations_without_running_statistics():
    for library in (torch, refimpl):
        nn = library.nn
        net = nn.Sequential(nn.BatchNorm1d(2), nn.Sequential(nn.BatchNorm2d(3)), nn.InstanceNorm1d(2, track_running_stats=True), nn.Linear(2, 2))
        assert library.func.replace_all_batch_norm_modules_(net) is net
        assert [name for name, _ in net.named_buffers()] == ["2.running_mean", "2.running_var", "2.num_batches_tracked"]
        assert not net[0].track_running_stats and net[2].track_running_stats
        assert library.func.replace_all_batch_norm_modules_(nn.BatchNorm1d(2)).running_mean is None
