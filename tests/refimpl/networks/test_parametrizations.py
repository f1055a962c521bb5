"""torch.nn.utils beside torch's: parametrizations, normalised weights, fusion. The same program runs with both libraries and reports the same."""

import copy
import warnings

import pytest
import torch

import refimpl


def listed(value):
    """Tensors as lists, whatever library they are of."""
    if isinstance(value, (torch.Tensor, refimpl.Tensor)):
        return [list(value.shape), str(value.dtype), [float(x) for x in value.detach().reshape(-1).tolist()]]
    if isinstance(value, dict):
        return {str(key): listed(each) for key, each in value.items()}
    return [listed(each) for each in value] if isinstance(value, (list, tuple)) else value


def alike(ours, theirs):
    """Equal but for roundings."""
    if isinstance(theirs, dict):
        return list(ours) == list(theirs) and all(alike(ours[key], theirs[key]) for key in theirs)
    if isinstance(theirs, list):
        return isinstance(ours, list) and len(ours) == len(theirs) and all(map(alike, ours, theirs))
    return abs(ours - theirs) <= 1e-4 * (1 + abs(theirs)) if isinstance(theirs, float) else ours == theirs


def said(call):
    try:
        return listed(call())
    except (ValueError, RuntimeError, IndexError, NotImplementedError, AssertionError, KeyError, TypeError) as error:
        return f"{type(error).__name__}: {error}".replace("'refimpl.", "'torch.")


def agree(program):
    """The program yields the same with both libraries."""
    results = []
    for library in (torch, refimpl):
        library.manual_seed(0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            results.append([listed(each) for each in program(library)])
        results[-1].append([str(each.message) for each in caught])
    for number, (theirs, ours) in enumerate(zip(*results)):
        assert alike(ours, theirs), (number, ours, theirs)
    assert len(results[0]) == len(results[1])


def trained(library, module, x, steps=2):
    """Losses and parameters of a few steps."""
    optimizer = library.optim.SGD(module.parameters(), lr=0.1)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = module(x).square().mean()
        loss.backward()
        optimizer.step()
        yield loss
    yield module.state_dict()


LAYERS = ["nn.Linear(4, 3)", "nn.Linear(3, 4)", "nn.Linear(3, 3)", "nn.Conv1d(2, 3, 2)", "nn.ConvTranspose1d(2, 3, 2)"]
NORMS = [*[f"weight_norm(m{more})" for more in ("", ", dim=None", ", dim=1", ", 'bias'")],
         *[f"spectral_norm(m{more})" for more in ("", ", n_power_iterations=3", ", dim=1, eps=1e-6", ", 'bias'")]]  # fmt: skip


def layer(library, source):
    return eval(source, {"nn": library.nn})


def input_of(library, module):
    return library.randn(2, module.in_features) if hasattr(module, "in_features") else library.randn(2, module.in_channels, 4)


@pytest.mark.parametrize("source", LAYERS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("place", ["nn.utils.parametrizations", "nn.utils"])
def test_norms(source, norm, place):
    def program(library):
        module = layer(library, source)
        utils = library.nn.utils
        namespace = utils.parametrizations if place.endswith("ions") else utils
        yield said(lambda: repr(eval(norm, {"m": module, **vars(namespace)})))
        yield sorted(module.state_dict())
        yield from trained(library, module, input_of(library, module))
        module.eval()
        yield module(input_of(library, module)), module.weight
        other = layer(library, source)
        said(lambda: eval(norm, {"m": other, **vars(namespace)}))
        yield str(other.load_state_dict(module.state_dict())), other.state_dict(), other.eval()(input_of(library, module))
        yield said(lambda: repr(copy.deepcopy(module)))
        if namespace is utils:
            remove = utils.remove_weight_norm if "weight_norm" in norm else utils.remove_spectral_norm
            name = "bias" if "bias" in norm else "weight"
            yield said(lambda: eval(norm, {"m": module, **vars(namespace)}) and None)
            yield said(lambda: repr(remove(module, name))), module.state_dict()
            yield said(lambda: repr(remove(module, name)))
            yield said(lambda: repr(remove(module, "nothing")))

    if place == "nn.utils" and norm == "spectral_norm(m, 'bias')":
        return  # a vector is no matrix
    agree(program)


@pytest.mark.parametrize("map_", [None, "matrix_exp", "cayley", "householder", "qr"])
@pytest.mark.parametrize("trivial", [True, False])
@pytest.mark.parametrize("source", LAYERS[:3])
def test_orthogonal(source, trivial, map_):
    def program(library):
        orthogonal = library.nn.utils.parametrizations.orthogonal
        module = layer(library, source)
        found = said(lambda: repr(orthogonal(module, orthogonal_map=map_, use_trivialization=trivial)))
        yield found
        if "Error" in found:
            return
        w = module.weight
        long = w if w.shape[0] >= w.shape[1] else w.mT
        if trivial or map_ not in ("matrix_exp", "cayley"):
            yield (long.mT @ long - library.eye(long.shape[1])).abs().max().item() < 1e-4
        square = w.shape[0] == w.shape[1]
        if trivial and not square:
            return  # the missing columns come of a decomposition, whose signs torch leaves to its library
        yield w
        yield from trained(library, module, input_of(library, module))

        def assign():
            module.weight = library.nn.init.orthogonal_(library.empty(w.shape)) if square else library.eye(*w.shape)

        yield said(assign)
        yield said(lambda: module.weight)
        yield said(lambda: setattr(module, "weight", library.ones(2, 2)))
        yield said(lambda: repr(library.nn.utils.parametrize.remove_parametrizations(module, "weight"))), module.state_dict()

    agree(program)


def test_orthogonal_errors():
    def program(library):
        orthogonal = library.nn.utils.parametrizations.orthogonal
        module = library.nn.Linear(2, 2)
        yield said(lambda: orthogonal(module, "bias"))
        yield said(lambda: orthogonal(module, "nothing"))
        module.w = library.nn.Parameter(library.eye(2, dtype=library.complex64))
        yield said(lambda: orthogonal(module, "w", "householder"))
        orthogonal(module, "w")
        yield library.view_as_real(module.w)

    agree(program)


def parametrizations(library):
    nn = library.nn

    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).mT

        def right_inverse(self, y):
            return y.triu()

    class Scaled(nn.Module):
        def forward(self, x):
            return 2 * x

    class Summed(nn.Module):
        def forward(self, x, y):
            return x + y

        def right_inverse(self, z):
            return z / 2, z / 2

    class NoWayBack(Scaled):
        def right_inverse(self, y):
            raise NotImplementedError

    class Wrong(nn.Module):
        def __init__(self, forward=lambda x: x, back=lambda x: x):
            super().__init__()
            self.functions = forward, back

        def forward(self, *x):
            return self.functions[0](*x)

        def right_inverse(self, y):
            return self.functions[1](y)

    return Symmetric, Scaled, Summed, NoWayBack, Wrong


def test_registering_and_removing():
    def program(library):
        p = library.nn.utils.parametrize
        Symmetric, Scaled, Summed, NoWayBack, Wrong = parametrizations(library)
        module = library.nn.Linear(3, 3)
        yield p.is_parametrized(module), p.is_parametrized(module, "weight"), p.type_before_parametrizations(module).__name__
        original = module.weight
        yield p.register_parametrization(module, "weight", Symmetric()) is module
        yield repr(module), type(module).__name__, p.type_before_parametrizations(module).__name__, p.is_parametrized(module, "weight")
        yield module.parametrizations.weight.original is original, module.weight, module.state_dict(), [name for name, _ in module.named_parameters()]
        module.weight = library.arange(9.0).reshape(3, 3)
        yield module.weight, module.parametrizations.weight.original
        p.register_parametrization(module, "weight", Scaled())
        yield module.weight, repr(module), said(lambda: setattr(module, "weight", library.ones(3, 3)))
        p.register_parametrization(module, "weight", NoWayBack())
        yield module.weight, said(lambda: setattr(module, "weight", library.ones(3, 3)))
        yield from trained(library, module, library.randn(2, 3))
        p.register_parametrization(module, "bias", Summed())
        yield sorted(module.state_dict()), module.bias
        module.bias = library.ones(3)
        yield module.parametrizations.bias.original0, module.parametrizations.bias.original1
        with p.cached():
            yield module.weight is module.weight
            with p.cached():
                pass
            first = module.weight
        yield first is module.weight
        replica = copy.deepcopy(module)
        yield type(replica).__name__, replica.state_dict(), replica.weight
        yield said(lambda: module.__getstate__()), said(lambda: p.remove_parametrizations(module, "nothing"))
        yield said(lambda: p.remove_parametrizations(module, "bias", leave_parametrized=False))
        other = library.nn.Linear(3, 3)
        p.transfer_parametrizations_and_params(module, other)
        yield other.state_dict(), other.parametrizations.weight.original is module.parametrizations.weight.original
        yield repr(p.remove_parametrizations(module, "weight")), module.weight is original, module.weight
        yield repr(p.remove_parametrizations(module, "bias")), type(module) is library.nn.Linear, module.state_dict()
        p.register_parametrization(module, "weight", Scaled())
        yield repr(p.remove_parametrizations(module, "weight", leave_parametrized=False)), module.weight is original, module.weight
        norm = library.nn.BatchNorm1d(2)
        p.register_parametrization(norm, "running_var", Scaled())
        yield norm.running_var, [name for name, _ in norm.named_buffers()]
        p.remove_parametrizations(norm, "running_var")
        yield norm.running_var, [name for name, _ in norm.named_buffers()]

    agree(program)


def test_what_is_refused():
    def program(library):
        p = library.nn.utils.parametrize
        *_, Wrong = parametrizations(library)

        def registered(*made, unsafe=False):
            module = library.nn.Linear(2, 2)
            for each in made:
                p.register_parametrization(module, "weight", each, unsafe=unsafe)
            return module.weight.shape

        yield said(lambda: p.register_parametrization(library.nn.Linear(2, 2), "nothing", Wrong()))
        yield said(lambda: p.ParametrizationList([], library.ones(2)))
        double = library.float64
        for made in ((lambda x: 3,), (lambda x: x.double(),), (lambda x: x[:1],), (lambda x: x, lambda y: 3), (lambda x: x, lambda y: y.double()),
                     (lambda x: x, lambda y: [3]), (lambda x, y: x, lambda y: [y, y])):  # fmt: skip
            yield said(lambda made=made: registered(Wrong(*made)))
            yield said(lambda made=made: registered(Wrong(), Wrong(*made)))
        yield said(lambda: registered(Wrong(lambda x: x[:1]), unsafe=True)), said(lambda: registered(Wrong(), Wrong(lambda x: x, lambda y: y[:1])))
        module = library.nn.Linear(2, 2)
        answer = [library.ones(2, 2)]
        p.register_parametrization(module, "weight", Wrong(lambda *x: x[0], lambda y: answer[0]))
        for answer[0] in (3, library.ones(2, 2, dtype=double)):
            yield said(lambda: setattr(module, "weight", library.ones(2, 2)))
        answer[0] = [library.ones(2, 2), library.ones(2, 2)]
        module = library.nn.Linear(2, 2)
        p.register_parametrization(module, "weight", Wrong(lambda *x: x[0], lambda y: answer[0]))
        for answer[0] in (3, [library.ones(2, 2)], [library.ones(2, 2)] * 3, [library.ones(2, 2), library.ones(2, 2, dtype=double)]):
            yield said(lambda: setattr(module, "weight", library.ones(2, 2)))

    agree(program)


def test_fusion():
    def program(library):
        nn, utils = library.nn, library.nn.utils
        for conv, bn, x in ((nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), (2, 2, 4, 4)), (nn.Conv1d(2, 3, 2, bias=False), nn.BatchNorm1d(3), (2, 2, 4)),
                            (nn.Conv1d(2, 3, 2), nn.BatchNorm1d(3, affine=False), (2, 2, 4))):  # fmt: skip
            x = library.randn(*x)
            bn(conv(x))
            yield said(lambda conv=conv, bn=bn: utils.fuse_conv_bn_eval(conv, bn))
            fused = utils.fuse_conv_bn_eval(conv.eval(), bn.eval())
            yield repr(fused), fused.state_dict(), (fused(x) - bn(conv(x))).abs().max().item() < 1e-5
        conv, bn, x = nn.ConvTranspose1d(2, 3, 2).eval(), nn.BatchNorm1d(3).eval(), library.randn(2, 2, 4)
        yield utils.fuse_conv_bn_eval(conv, bn, transpose=True)(x), bn(conv(x))
        linear, bn, x = nn.Linear(2, 3).eval(), nn.BatchNorm1d(3).eval(), library.randn(4, 2)
        bn.running_mean += 1
        fused = utils.fuse_linear_bn_eval(linear, bn)
        yield fused(x), bn(linear(x)), fused.state_dict(), said(lambda: utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(2).eval()))
        yield said(lambda: utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(3, track_running_stats=False).eval()))
        yield said(lambda: utils.fuse_linear_bn_eval(linear.train(), bn))
        yield utils.fuse_linear_bn_eval(nn.Linear(2, 3, bias=False).eval(), nn.BatchNorm1d(1).eval()).state_dict() if library is None else None

    agree(program)


def test_memory_formats_and_modules_without_initialisation():
    def program(library):
        nn, utils = library.nn, library.nn.utils
        net = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Sequential(nn.ConvTranspose2d(3, 2, 2)), nn.Conv3d(2, 2, 2), nn.Linear(2, 2))
        utils.convert_conv2d_weight_memory_format(net, library.channels_last)
        yield [list(p.stride()) for p in net.parameters()], net.state_dict()
        utils.convert_conv3d_weight_memory_format(net, library.channels_last_3d)
        yield [list(p.stride()) for p in net.parameters()]
        made = utils.skip_init(nn.Linear, 3, 2, bias=False)
        yield repr(made), list(made.weight.shape), made.weight.requires_grad, library.rand(2)
        yield said(lambda: utils.skip_init(dict)) if library is None else None
        yield said(lambda: utils.skip_init(nn.ReLU))

    agree(program)


def test_a_state_dict_of_the_older_weight_norm_and_of_the_older_spectral_norm():
    def program(library):
        nn, utils = library.nn, library.nn.utils
        old = utils.weight_norm(nn.Linear(3, 2))
        new = utils.parametrizations.weight_norm(nn.Linear(3, 2))
        yield str(new.load_state_dict(old.state_dict())), new.state_dict(), new(library.ones(3))
        module = utils.spectral_norm(nn.Linear(3, 4))
        module(library.randn(2, 3))
        state = module.state_dict()
        yield {key: dict(value) for key, value in state._metadata.items()}
        state._metadata[""].pop("spectral_norm")
        state["weight"] = state["weight_orig"] / 2
        expected = state.pop("weight_v")
        yield str(module.load_state_dict(state)), module.state_dict(), expected
        del state["weight_u"]
        yield said(lambda: module.load_state_dict(state))

    agree(program)


def test_torchs_paths():
    from refimpl.nn.utils import parametrizations, parametrize
    from refimpl.nn.utils.init import skip_init
    from refimpl.nn.utils.parametrizations import weight_norm

    assert parametrize.is_parametrized(parametrizations.orthogonal(refimpl.nn.Linear(2, 2))) and weight_norm is parametrizations.weight_norm
    assert skip_init is refimpl.nn.utils.skip_init
