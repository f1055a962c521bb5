"""Layers that undo pooling, and those that pool at random places, beside torch's."""

from __future__ import annotations

import pytest
import torch as real_torch

import refimpl


def drawn(torch, *shape):
    torch.manual_seed(5)
    return torch.rand(shape)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_unpooling_puts_the_greatest_elements_back(rank):
    shape, results = (2, 3, 7, 6, 5)[: rank + 2], []
    for torch in (refimpl, real_torch):
        x = drawn(torch, *shape)
        pool, unpool = (getattr(torch.nn, f"{name}{rank}d")(2, 2) for name in ("MaxPool", "MaxUnpool"))
        pool.return_indices = True
        values, places = pool(x)
        back = unpool(values, places, output_size=x.size())
        assert torch.equal(pool(back)[0], values) and bool(((back == 0) | (back == x)).all())
        results.append(back.tolist())
    assert results[0] == results[1]


@pytest.mark.parametrize("rank", [2, 3])
def test_samples_that_are_kept_choose_the_same_windows_again(rank):
    results = []
    for torch in (refimpl, real_torch):
        x, samples = drawn(torch, 2, 3, 9, 8, 7)[(slice(None),) * 2 + (slice(None),) * rank + (0,) * (3 - rank)], drawn(torch, 2, 3, rank)
        layer = getattr(torch.nn, f"FractionalMaxPool{rank}d")(2, 4, return_indices=True, _random_samples=samples)
        first, second = layer(x), layer(x)
        assert torch.equal(first[0], second[0]) and list(layer.state_dict()) == ["_random_samples"]
        results.append([each.tolist() for each in first])
    assert results[0] == results[1]


@pytest.mark.parametrize("text", [
    "FractionalMaxPool2d(2)", "FractionalMaxPool3d(2)", "FractionalMaxPool2d(2, 3, 0.5)", "FractionalMaxPool3d(2, output_ratio=(0.5, 1, 0.5))",
    "FractionalMaxPool2d(2, output_ratio=0)", "FractionalMaxPool3d(0, 2)", "FractionalMaxPool3d((1, -1, 2), 2)",
])  # fmt: skip
def test_sizes_that_say_nothing_or_too_much_are_refused(text):
    said = []
    for torch in (refimpl, real_torch):
        with pytest.raises(ValueError) as caught:
            eval(f"torch.nn.{text}", {"torch": torch})
        said.append(str(caught.value))
    assert said[0] == said[1]
