"""Mixed precision: which dtypes autocast gives, and how a scaler scales, beside torch."""

import copy
import pickle
import warnings

import pytest
import torch

import refimpl

CALLS = """
    torch.mm(x(3, 3), x(3, 3)); torch.bmm(x(2, 3, 3), x(2, 3, 3)); x(3, 3) @ x(3, 3); x(3, 3) @ x(3); x(3) @ x(3); torch.dot(x(3), x(3))
    x(3, 3).mv(x(3)); torch.addmm(x(3, 3), x(3, 3), x(3, 3)); torch.baddbmm(x(2, 3, 3), x(2, 3, 3), x(2, 3, 3))
    torch.addbmm(x(3, 3), x(2, 3, 3), x(2, 3, 3)); torch.addmv(x(3), x(3, 3), x(3)); torch.addr(x(3, 3), x(3), x(3)); torch.outer(x(3), x(3))
    F.linear(x(2, 3), x(4, 3), x(4)); F.bilinear(x(2, 3), x(2, 3), x(4, 3, 3)); torch.einsum("ij,jk->ik", x(3, 3), x(3, 3))
    torch.tensordot(x(3, 3), x(3, 3), 1); torch.inner(x(3, 3), x(3, 3)); torch.linalg.multi_dot([x(3, 3), x(3, 3)])
    torch.chain_matmul(x(3, 3), x(3, 3)); torch.kron(x(2, 2), x(2, 2)); torch.linalg.vecdot(x(3, 3), x(3, 3)); torch.cdist(x(3, 3), x(3, 3))
    F.conv1d(x(1, 2, 5), x(3, 2, 2)); F.conv2d(x(1, 2, 5, 5), x(3, 2, 2, 2), x(3)); F.conv_transpose1d(x(1, 2, 5), x(2, 3, 2))
    F.scaled_dot_product_attention(x(1, 1, 3, 4), x(1, 1, 3, 4), x(1, 1, 3, 4)); x(3).softmax(0); F.layer_norm(x(3, 3), (3,)); x(3).exp()
    x(3).sum(); x(3) + x(3); F.gelu(x(3)); x(3).cumsum(0); x(3).norm(); x(3).logsumexp(0); x(3).abs() ** 2; F.avg_pool3d(x(1, 1, 4, 4, 4), 2)
    F.lp_pool1d(x(1, 4).abs(), 2, 2); F.lp_pool2d(x(1, 4, 4), 2, 2); F.lp_pool3d(x(1, 4, 4, 4), 2, 2); F.fractional_max_pool2d(x(1, 4, 4), 2, 2)
    F.fractional_max_pool3d(x(1, 4, 4, 4), 2, 2); F.max_unpool1d(x(1, 1), i.view(1, -1)[:, :1], 2); F.max_unpool2d(x(1, 1, 1), i[:1].view(1, 1, 1), 2)
    F.max_unpool3d(x(1, 1, 1, 1), i[:1].view(1, 1, 1, 1), 2)
    F.avg_pool2d(x(1, 1, 4, 4), 2); F.max_pool3d(x(1, 1, 4, 4, 4), 2); F.adaptive_avg_pool3d(x(1, 1, 4, 4, 4), 2)
    F.binary_cross_entropy(x(3).sigmoid(), x(3).sigmoid()); F.binary_cross_entropy_with_logits(x(3), x(3).sigmoid()); F.mse_loss(x(3), x(3))
    F.l1_loss(x(3), x(3)); F.smooth_l1_loss(x(3), x(3)); F.huber_loss(x(3), x(3)); F.cross_entropy(x(3, 3), torch.tensor([0, 1, 2]))
    F.nll_loss(x(3, 3), torch.tensor([0, 1, 2])); F.kl_div(x(3), x(3), reduction="sum"); F.hinge_embedding_loss(x(3), torch.ones(3))
    F.margin_ranking_loss(x(3), x(3), torch.ones(3)); torch.polar(x(3).abs(), x(3)); x(3).prod(); x(3).quantile(0.5); x(3, 3).trace()
    torch.view_as_complex(x(3, 2)); torch.cholesky_inverse(x(3, 3)); torch.inverse(x(3, 3) + e); torch.linalg.solve(x(3, 3) + e, x(3))
    torch.linalg.svdvals(x(3, 3)); torch.linalg.eigvalsh(x(3, 3)); torch.linalg.qr(x(3, 3))[1]; torch.fft.fft(x(4)); torch.fft.rfft2(x(4, 4))
    F.pad(x(1, 1, 3), (1, 1), "reflect"); F.pad(x(1, 1, 3, 3, 3), (1,) * 6, "reflect"); F.pad(x(1, 1, 3), (1, 1), mode="replicate")
    F.pad(x(1, 1, 3), (1, 1)); torch.cat([x(2), l(2)]); torch.stack([x(2), l(2)]); torch.stack([l(2), l(2)]); x(2).index_copy(0, i, l(1))
    F.dropout(x(3)); torch.mm(x(3, 3), x(3, 3), out=torch.empty(3, 3)); torch.ones(3, 3).addmm_(w(3, 3), w(3, 3)); torch.mm(l(3, 3), x(3, 3))
    F.embedding(i, x(3, 3)); torch.mm(torch.ones(2, 2, dtype=torch.int64), torch.ones(2, 2, dtype=torch.int64)); nn.Linear(3, 2)(x(2, 3))
    nn.MultiheadAttention(4, 2)(a, a, a)[0]; nn.LSTM(3, 3)(w(2, 2, 3))[0]; nn.RNNCell(3, 3)(w(2, 3))
    nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.LayerNorm(2))(x(2, 3)); F.conv1d(x(1, 2, 5), l(3, 2, 2))
"""


def names(library, dtype):
    dtype = getattr(library, dtype)
    return {
        "torch": library, "nn": library.nn, "F": library.nn.functional, "i": library.tensor([0]), "e": 3 * library.eye(3, dtype=dtype),
        "x": lambda *shape: library.linspace(-1, 1, max(1, library.empty(shape).numel())).reshape(shape).to(dtype),
        "w": lambda *shape: library.ones(shape), "l": lambda *shape: library.ones(shape, dtype=library.bfloat16), "a": library.ones(2, 2, 4),
    }  # fmt: skip


def evaluated(library, source, dtype, lower, device="cpu"):
    library.manual_seed(0)
    with library.autocast(device, getattr(library, lower)):
        try:
            return eval(source, names(library, dtype))
        except (RuntimeError, NotImplementedError, ValueError) as error:
            return type(error)


@pytest.mark.parametrize("source", [each.strip() for each in CALLS.replace("\n", ";").split(";") if each.strip()])
@pytest.mark.parametrize(("dtype", "lower"), [("float32", "bfloat16"), ("bfloat16", "bfloat16"), ("float64", "bfloat16"), ("float32", "float16")])
@pytest.mark.filterwarnings("ignore")
def test_dtypes_and_values(source, dtype, lower):
    theirs, ours = evaluated(torch, source, dtype, lower), evaluated(refimpl, source, dtype, lower)
    if isinstance(theirs, type) or isinstance(ours, type):
        assert isinstance(theirs, type), theirs.dtype  # torch has no kernel, or refuses mixed dtypes
        return
    assert str(ours.dtype) == str(theirs.dtype)
    tolerance = 2e-2 if lower == "bfloat16" else 2e-3
    torch.testing.assert_close(torch.tensor(ours.tolist()).to(theirs.dtype), theirs.detach(), rtol=tolerance, atol=tolerance,
                               equal_nan=True)


def test_gradients_are_cast_back():
    results = []
    for library in (torch, refimpl):
        library.manual_seed(0)
        model = library.nn.Sequential(library.nn.Linear(4, 8), library.nn.Tanh(), library.nn.Linear(8, 3))
        x, y = library.randn(5, 4), library.tensor([0, 1, 2, 0, 1])
        optimizer = library.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            with library.autocast(device_type="cpu"):
                output = model(x)
                loss = library.nn.functional.cross_entropy(output, y)
            loss.backward()
            optimizer.step()
        assert (output.dtype, loss.dtype, model[0].weight.grad.dtype) == (library.bfloat16, library.float32, library.float32)
        results.append([loss.item(), *model[0].weight.grad.reshape(-1).tolist()])
    assert results[1] == pytest.approx(results[0], rel=0.1, abs=5e-3)


def test_nesting_decorators_and_what_is_switched_off():
    def program(library):
        a = library.ones(2, 2)
        lower = library.autocast("cpu", library.float16)
        with lower as entered:
            yield entered is lower, (a @ a).dtype
            with library.autocast("cpu", enabled=False):
                yield (a @ a).dtype
            with library.autocast("cpu"):
                yield (a @ a).dtype  # float16 still
        yield (a @ a).dtype
        with library.amp.autocast("cpu"):
            yield (a @ a).dtype

        @library.autocast("cpu")
        def product(x):
            "Its documentation"
            return x @ x

        yield product(a).dtype, product.__name__, product.__doc__, (a @ a).dtype
        yield library.amp.is_autocast_available("cpu")
        for wrong in (lambda: library.autocast(3), lambda: library.autocast("cpu")(3)):
            with pytest.raises((ValueError, TypeError)) as raised:
                wrong()
            yield str(raised.value)
        for call in (library.autocast, library.amp.is_autocast_available):
            with pytest.raises(RuntimeError):
                call("abacus")
        with pytest.warns(UserWarning, match="In CPU autocast, but the target dtype is not supported. Disabling autocast."):
            off = library.autocast("cpu", library.float32)
        with off:
            yield (a @ a).dtype
        with pytest.raises(ZeroDivisionError), library.autocast("cpu"):
            raise ZeroDivisionError
        yield (a @ a).dtype

    assert list(map(str, program(refimpl))) == list(map(str, program(torch)))


def test_one_autocast_can_be_entered_twice():
    """A finding about torch, where it stays on for ever after."""
    a, lower = refimpl.ones(2, 2), refimpl.autocast("cpu")
    with lower:
        with lower:
            assert (a @ a).dtype is refimpl.bfloat16
        assert (a @ a).dtype is refimpl.bfloat16
    assert (a @ a).dtype is refimpl.float32


def test_custom_functions():
    def program(library):
        amp = library.amp

        class Product(library.autograd.Function):
            @staticmethod
            @amp.custom_fwd(device_type="cpu", cast_inputs=library.float32)
            def forward(ctx, a, more):
                ctx.save_for_backward(a)
                return (a @ more[0]).mul(1)

            @staticmethod
            @amp.custom_bwd(device_type="cpu")
            def backward(ctx, grad):
                (a,) = ctx.saved_tensors
                return a @ grad.to(a.dtype), None

        class Autocast(Product):
            @staticmethod
            @amp.custom_fwd(device_type="cpu")
            def forward(ctx, a, more):
                ctx.save_for_backward(a)
                return a @ more[0]

        for kind in (Product, Autocast):
            a = library.ones(2, 2, dtype=library.bfloat16 if kind is Product else library.float32, requires_grad=True)
            yield kind.apply(a, [a]).dtype
            with library.autocast("cpu"):
                result = kind.apply(a, [a])
            yield result.dtype
            result.sum().backward()
            yield a.grad
        with pytest.raises(ValueError):
            amp.custom_fwd(device_type=3)

    assert list(map(str, program(refimpl))) == list(map(str, program(torch)))


def test_scaler():
    def program(library):
        scaler = library.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
        yield scaler.is_enabled(), scaler.get_scale(), scaler.get_growth_factor(), scaler.get_backoff_factor(), scaler.get_growth_interval()
        w = library.tensor([1.0, 2.0], requires_grad=True)
        optimizer = library.optim.SGD([w], lr=0.5)

        def attempt(call):
            with pytest.raises((AssertionError, RuntimeError, ValueError)) as raised:
                call()
            return f"{type(raised.value).__name__}: {raised.value}"

        yield attempt(lambda: scaler.step(optimizer)), attempt(scaler.update), attempt(lambda: scaler.unscale_(optimizer))
        for factor in (1.0, 1.0, float("inf"), 1.0, 1.0, 1.0):
            optimizer.zero_grad()
            scaler.scale((w * factor).sum()).backward()
            yield w.grad.tolist(), scaler.step(optimizer), attempt(lambda: scaler.step(optimizer)), attempt(lambda: scaler.unscale_(optimizer))
            scaler.update()
            yield w.tolist(), scaler.get_scale(), scaler.state_dict(), pickle.loads(pickle.dumps(scaler)).state_dict()
        yield [each.tolist() for each in scaler.scale([w, (w,)])[:1]], attempt(lambda: scaler.scale(3)), attempt(scaler.update)
        optimizer.zero_grad()
        scaler.scale(w.sum()).backward()
        scaler.unscale_(optimizer)
        yield w.grad.tolist(), attempt(lambda: scaler.unscale_(optimizer)), attempt(lambda: pickle.dumps(scaler))
        scaler.step(optimizer)
        scaler.update(32.0)
        yield w.tolist(), scaler.get_scale(), attempt(lambda: scaler.step(optimizer, closure=len))
        scaler.update(library.tensor(16.0))
        yield scaler.get_scale(), attempt(lambda: scaler.update(library.tensor([1.0, 2.0])))
        for name in ("growth_factor", "backoff_factor", "growth_interval"):
            getattr(scaler, f"set_{name}")(3)
            yield getattr(scaler, f"get_{name}")()
        other = library.amp.GradScaler("cpu")
        other.load_state_dict(scaler.state_dict())
        yield other.state_dict(), attempt(lambda: other.load_state_dict({}))
        yield attempt(lambda: library.amp.GradScaler("cpu", growth_factor=1.0)), attempt(lambda: library.amp.GradScaler("cpu", backoff_factor=1.0))
        half = library.ones(2, dtype=library.float16, requires_grad=True)
        scaler.scale(half.sum()).backward()
        yield attempt(lambda: scaler.unscale_(library.optim.SGD([half], lr=0.1)))
        with pytest.warns(UserWarning, match="CUDA is not available"):
            off = library.GradScaler()
        yield off.is_enabled(), off.get_scale(), off.state_dict(), off.scale(3), off.load_state_dict({}), off.unscale_(optimizer), off.update()
        yield off.step(optimizer), w.tolist(), copy.deepcopy(off).is_enabled()

    assert list(map(str, program(refimpl))) == list(map(str, program(torch)))


def test_the_older_names_of_the_gpu_where_there_is_none(monkeypatch):
    from refimpl.cuda.amp import GradScaler, autocast

    from refimpl.amp import autocast_mode, grad_scaler

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    for module in (autocast_mode, grad_scaler):
        monkeypatch.setattr(module, "load_optional_backends", lambda kind: False)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert not GradScaler().is_enabled() and not autocast()._enabled
    said = [str(each.message) for each in caught]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        torch.cuda.amp.GradScaler(), torch.cuda.amp.autocast()
    assert sorted(said) == sorted(str(each.message) for each in caught)


def test_the_state_is_told_and_set():
    def program(library):
        yield library.is_autocast_enabled(), library.is_autocast_enabled("cpu"), library.is_autocast_cache_enabled()
        with library.autocast("cpu", library.float16, cache_enabled=False):
            yield library.is_autocast_enabled("cpu"), library.is_autocast_enabled(), str(library.get_autocast_dtype("cpu"))
            yield library.is_autocast_cache_enabled(), library.autocast_increment_nesting(), library.autocast_decrement_nesting()
            library.set_autocast_dtype("cpu", library.bfloat16)
            yield str((library.ones(2, 2) @ library.ones(2, 2)).dtype), library.is_autocast_cpu_enabled(), str(library.get_autocast_cpu_dtype())
            with library.autocast("cpu", enabled=False):
                yield library.is_autocast_enabled("cpu"), library.is_autocast_cache_enabled(), library.autocast_increment_nesting()
        yield library.is_autocast_cache_enabled(), library.autocast_decrement_nesting(), library.autocast_increment_nesting()
        library.set_autocast_enabled("cpu", True)
        yield str((library.ones(2, 2) @ library.ones(2, 2)).dtype)
        library.set_autocast_cpu_enabled(False)
        library.set_autocast_enabled(True)
        yield str((library.ones(2, 2) @ library.ones(2, 2)).dtype), library.is_autocast_enabled(), library.is_autocast_cpu_enabled()
        library.set_autocast_enabled(False)
        for dtype in ("bfloat16", "float16"):
            library.set_autocast_gpu_dtype(getattr(library, dtype))
            yield str(library.get_autocast_gpu_dtype())
        library.set_autocast_cpu_dtype(library.bfloat16)
        library.set_autocast_cache_enabled(True)
        yield library.clear_autocast_cache()
        for name, arguments in (("is_autocast_enabled", ("meta",)), ("is_autocast_enabled", (3,)), ("get_autocast_dtype", ("meta",)),
                                ("set_autocast_enabled", ("cpu", 1)), ("set_autocast_enabled", (1,)), ("set_autocast_cache_enabled", (1,)),
                                ("set_autocast_dtype", ("cpu", 3)), ("get_autocast_dtype", ("nothing",))):  # fmt: skip
            try:
                yield getattr(library, name)(*arguments)
            except (RuntimeError, TypeError) as error:
                yield type(error).__name__, str(error).partition(", must")[0][:40]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert list(program(refimpl)) == list(program(torch))
