"""torch.nn.utils.prune: masks, the random stream, containers, errors, all as torch's."""

from __future__ import annotations

import pytest
import torch as real_torch
from outcomes import outcome, same

import refimpl

CALLS = [
    "prune.l1_unstructured(m, 'weight', 0.3)", "prune.l1_unstructured(m, 'weight', 5)", "prune.l1_unstructured(m, 'bias', amount=0)",
    "prune.l1_unstructured(m, 'weight', 2, importance_scores=scores)", "prune.random_unstructured(m, 'weight', 0.5)",
    "prune.random_unstructured(m, 'weight', 1.0)", "prune.random_structured(m, 'weight', 2, dim=0)",
    "prune.random_structured(m, 'weight', 0.5, -1)", "prune.random_structured(m, 'weight', 0, 1)", "prune.ln_structured(m, 'weight', 1, 2, 0)",
    "prune.ln_structured(m, 'weight', 0.5, float('-inf'), -1)", "prune.ln_structured(m, 'weight', 2, 1, 1, importance_scores=scores)",
    "prune.identity(m, 'weight')", "prune.custom_from_mask(m, 'bias', torch.tensor([0, 1, 1, 0]))",
    # errors
    "prune.l1_unstructured(m, 'weight', 1.5)", "prune.l1_unstructured(m, 'weight', -1)", "prune.l1_unstructured(m, 'weight', 100)",
    "prune.l1_unstructured(m, 'weight', 'a')", "prune.l1_unstructured(m, 'weight', 2, importance_scores=torch.ones(2))",
    "prune.ln_structured(m, 'bias', 1, 2, 0)", "prune.ln_structured(m, 'weight', 1, 2, 5)", "prune.custom_from_mask(m, 'bias', torch.ones(2))",
    "prune.remove(m, 'weight')", "prune.global_unstructured(3, prune.L1Unstructured, amount=1)",
    "prune.global_unstructured([(m, 'weight')], prune.LnStructured, amount=1, n=2)",
    "prune.global_unstructured([(m, 'weight')], prune.L1Unstructured, importance_scores=[1], amount=1)",
]  # fmt: skip


def state(m):
    return [(name, value) for name, value in m.state_dict().items()], m.weight, m.bias, [name for name, _ in m.named_parameters()]


def linear(torch, seed=0):
    torch.manual_seed(seed)
    m = torch.nn.Linear(3, 4)
    with torch.no_grad():
        m.weight.copy_((torch.arange(12.0).reshape(4, 3) * 7 + 3) % 13 - 6.25)
        m.bias.copy_(torch.tensor([0.5, -2.0, 1.0, 0.25]))
    return m


@pytest.mark.parametrize("call", CALLS)
def test_a_method_prunes_as_torchs_does(call):
    def run(torch):
        m = linear(torch, 5)
        scores = (torch.arange(12.0).reshape(4, 3) * 5) % 12
        namespace = {"torch": torch, "m": m, "scores": scores, "prune": __import__(f"{torch.__name__}.nn.utils.prune", fromlist=["x"])}
        result = eval(call, namespace)
        return result is m, state(m), namespace["prune"].is_pruned(m), m(torch.ones(1, 3)).sum()

    same(run)


def test_after_an_error_the_module_is_what_it_was():
    import refimpl.nn.utils.prune as prune

    m = linear(refimpl)
    with pytest.raises(ValueError, match="amount=100 should be smaller"):
        prune.l1_unstructured(m, "weight", 100)
    assert [name for name, _ in m.named_parameters()] == ["bias", "weight"] and not prune.is_pruned(m)


@pytest.mark.parametrize("seed", range(4))
def test_methods_one_after_the_other_train_and_are_removed(seed):
    def run(torch):
        prune = __import__(f"{torch.__name__}.nn.utils.prune", fromlist=["x"])
        m = linear(torch, seed)
        prune.l1_unstructured(m, "weight", 3)
        prune.random_structured(m, "weight", 1, dim=seed % 2)
        prune.random_unstructured(m, "weight", 0.25)
        container = next(iter(m._forward_pre_hooks.values()))
        optimizer = torch.optim.SGD(m.parameters(), lr=0.125)
        for _ in range(2):
            optimizer.zero_grad()
            m(torch.ones(2, 3)).square().sum().backward()
            optimizer.step()
        before = state(m), m.weight_orig.grad, type(container).__name__, len(container), [type(each).__name__ for each in container]
        again = container[1].prune(torch.ones(4, 3)) if seed % 2 else None
        prune.remove(m, "weight")
        return before, again, state(m), type(m.weight).__name__

    same(run)


def test_several_tensors_as_one():
    def run(torch):
        prune = __import__(f"{torch.__name__}.nn.utils.prune", fromlist=["x"])
        model = torch.nn.Sequential(linear(torch), torch.nn.ReLU(), linear(torch, 1))
        pairs = [(model[0], "weight"), (model[2], "bias")]
        prune.global_unstructured(pairs, prune.L1Unstructured, amount=4)
        prune.global_unstructured(pairs, prune.RandomUnstructured, amount=0.25)
        prune.global_unstructured(pairs, prune.L1Unstructured, importance_scores={pairs[1]: torch.arange(4.0)}, amount=2)
        return state(model[0]), state(model[2])

    same(run)


def test_a_method_of_ones_own():
    def run(torch):
        prune = __import__(f"{torch.__name__}.nn.utils.prune", fromlist=["x"])

        class EveryOther(prune.BasePruningMethod):
            PRUNING_TYPE = "unstructured"

            def compute_mask(self, t, default_mask):
                mask = default_mask.clone()
                mask.view(-1)[::2] = 0
                return mask

        m = linear(torch)
        EveryOther.apply(m, "weight")
        EveryOther.apply(m, "weight")
        return state(m)

    same(run)


@pytest.mark.parametrize("call", [
    "prune.PruningContainer().add_pruning_method(3)",
    "prune.PruningContainer(with_name(prune.Identity(), 'a')).add_pruning_method(with_name(prune.Identity(), 'b'))",
])  # fmt: skip
def test_containers_refuse_what_is_none_of_theirs(call):
    def refused(torch):
        return eval(call, {"prune": __import__(f"{torch.__name__}.nn.utils.prune", fromlist=["x"]), "with_name": with_name})

    (kind, text), (other, words) = (outcome(refused, library)[0] for library in (real_torch, refimpl))
    assert kind == other and text.partition(" to ")[0] == words.partition(" to ")[0]


def with_name(method, name):
    method._tensor_name = name
    return method
