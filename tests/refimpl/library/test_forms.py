"""The forms in which operations are called, beside torch's parser: what it says of calls that fit none, before anything else is looked at.

From each form a call that fits is built, and spoilt in every place: an argument of a wrong type, one missing, one too many, an unknown
keyword, an integer of more than 64 bits. Where torch lists all forms ("invalid combination") only the type of the error is compared.
"""

from __future__ import annotations

import warnings

import pytest
import torch as real_torch

import refimpl
from refimpl.signatures import matching
from refimpl.signatures.messages import refusal
from refimpl.signatures.overloads import PythonSignature, overloads, texts

SAMPLES = {"Tensor": lambda torch: torch.ones(1, 1, dtype=torch.int64), "int": lambda torch: 0, "Number": lambda torch: 1, "float": lambda torch: 0.5,
           "bool": lambda torch: False, "str": lambda torch: "x", "tuple of ints": lambda torch: (0,), "object": lambda torch: None,
           "tuple of Tensors": lambda torch: [torch.ones(1, 1)], "torch.dtype": lambda torch: torch.float32}  # fmt: skip


class Strange:
    """A value that fits no parameter."""


def spoilt_calls(signature):
    """Calls that the signature does not fit, each as a function of a library to its arguments and keywords."""
    required = [p for p in signature.parameters if not p.optional]
    if any(p.shown not in SAMPLES for p in required):
        return
    positional = [p.shown for p in required if not p.keyword_only]
    keywords = {p.name: p.shown for p in required if p.keyword_only}

    def call(change):
        def made(torch):
            args = [SAMPLES[kind](torch) for kind in positional]
            kwargs = {name: SAMPLES[kind](torch) for name, kind in keywords.items()}
            change(args, kwargs)
            return args, kwargs

        return made

    yield call(lambda args, kwargs: kwargs.update(unknown=1))
    yield call(lambda args, kwargs: args.extend([Strange()] * 9))
    for i in range(len(positional)):
        yield call(lambda args, kwargs, i=i: args.__setitem__(i, Strange()))
        yield call(lambda args, kwargs, i=i: args.__delitem__(slice(i, None)))


def said(error):
    """The type of an error, and its words if they are about one form."""
    if error is None:
        return None
    text = str(error).split("\n")[0]
    free = "invalid combination" in text or "takes no" in text
    return type(error).__name__, "" if free else text.replace("refimpl.", "torch.")


def outcome(call, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call(*args, **kwargs)
        except Exception as error:  # noqa: BLE001  (of torch, to be compared)
            return error
    return None


def refused(space, name, args, kwargs):
    """The error for arguments that fit none of the signatures; None if they fit one."""
    signatures = overloads(space, name)
    try:
        if any(s.mismatch(name, args, kwargs) is None for s in signatures):
            return None
    except TypeError as error:  # with which torch does not go on to another signature
        return error
    return refusal(name, signatures, args, kwargs)


def assert_refuses_the_same(space, name, call):
    """What torch refuses for the types of its arguments is refused in the same words; what it does not, is not."""
    for signature in overloads(space, name):
        for spoilt in spoilt_calls(signature):
            args, kwargs = spoilt(real_torch)
            theirs = outcome(call, *args, **kwargs)
            ours = refused(space, name, *spoilt(refimpl))
            elsewhere = any(words in str(theirs) for words in ("takes no", "failed to unpack", "data must be"))
            if isinstance(theirs, TypeError) and str(theirs).startswith(f"{name}()") and not elsewhere:
                assert said(ours) == said(theirs), (signature.text, args, kwargs)


def public(space, owner):
    """The names that torch shows in a space, of what it parses in C++."""
    return [name for name in texts()[space] if name[0] != "_" and hasattr(owner, name) and not isinstance(overloads(space, name), PythonSignature)]


@pytest.mark.parametrize("name", public("torch", real_torch))
def test_functions_refuse_what_torch_refuses(name):
    assert_refuses_the_same("torch", name, getattr(real_torch, name))


@pytest.mark.parametrize("name", public("Tensor", real_torch.Tensor))
def test_methods_refuse_what_torch_refuses(name):
    tensor = real_torch.ones(1, 1, dtype=real_torch.int64)
    if callable(getattr(tensor, name)):
        assert_refuses_the_same("Tensor", name, lambda *args, **kwargs: getattr(tensor.clone(), name)(*args, **kwargs))


def test_the_signatures_are_those_of_the_wheel():
    """``python -m refimpl.signatures.generate`` would write the same. Another release of torch, of which the first line tells, has nearly all of
    them: 2.11 lacks 15 of 2,310."""
    from refimpl.signatures import generate

    written, of_wheel = generate.TARGET.read_text(encoding="utf-8").splitlines(), generate.text().splitlines()
    if written[0] == of_wheel[0]:
        assert written == of_wheel
    else:
        missing = set(written[1:]) - set(of_wheel)
        assert len(missing) < len(written) / 100, missing


def test_calls_say_it_too():
    x = refimpl.ones(2)
    for call, words in (
        (lambda: refimpl.polar(x, None), "polar(): argument 'angle' (position 2) must be Tensor, not NoneType"),
        (lambda: refimpl.dot(x.int(), x, unknown=1, out=x), "dot() got an unexpected keyword argument 'unknown'"),
        (lambda: refimpl.select_scatter(x, 1, 0, 0, out=x), "select_scatter(): argument 'src' (position 2) must be Tensor, not int"),
        (lambda: x.nonzero(unknown=1), 'nonzero() missing 1 required positional arguments: "as_tuple"'),
        (lambda: x.mean(keepdim=True), "mean() received an invalid combination"),
        (lambda: x.add_(x, alpha=None), "add_(): argument 'alpha' must be Number, not NoneType"),
        (lambda: x.view(1, 2.5), "view(): argument 'size' failed to unpack the object at pos 2"),
    ):
        with pytest.raises(TypeError) as caught:
            call()
        assert str(caught.value).startswith(words)


def answer(torch, program):
    """What an expression gives, or its error; ``x`` is a vector, ``m`` a matrix, ``b`` a batch, ``B`` an int of more than 64 bits."""
    made = {"torch": torch, "F": torch.nn.functional, "B": 2**70, "x": torch.ones(2), "m": torch.ones(2, 2), "b": torch.ones(1, 2, 2),
            "i": torch.tensor(1, dtype=torch.int16)}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return repr(eval(program, made))
        except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
            return type(error).__name__, "" if "invalid combination" in str(error) else str(error)


def assert_same_answer(program):
    assert answer(refimpl, program) == answer(real_torch, program)


@pytest.mark.parametrize("program", [
    "x.add(2, 1.5)", "x.add(-1, x)", "x.add_(2, x)", "torch.add(x, 2, x)", "torch.add(x, 2, 3, out=x)", "x.add(2, other=x)", "x.add(B, x)",
    "i.add(1.5, i)", "i.add_(300, 1.5)", "x.sub(2, x)", "torch.sub(x, 2, x, out=x)", "x.addcmul(2, x, x)", "torch.addcdiv(x, 2, x, x)",
    "x.addcmul_(2, x, x)", "torch.addmm(2, m, m, m)", "torch.addmm(2, m, 3, m, m)", "m.addmm(2, m, m)", "m.addmm(2, 3, m, m)",
    "m.addmm_(0, m.clone(), m.clone())", "x.addmv(2, m, x)", "torch.addmv(2, x, 3, m, x)", "b.baddbmm(2, b, b)", "torch.baddbmm(2, b, 3, b, b)",
])  # fmt: skip
def test_numbers_may_stand_between_the_tensors(program):
    """Forms that torch calls deprecated, and lists in no message."""
    assert_same_answer(program)


@pytest.mark.parametrize("program", ["x.add(x, 2)", "x.add(2, None)", "torch.addmm(m, 2, m, m)", "x.addcmul(x, 2, x)", "torch.mul(2, 3, x)"])
def test_numbers_may_not_stand_elsewhere(program):
    assert_same_answer(program)


def test_one_hidden_form_is_warned_of_once(monkeypatch):
    monkeypatch.setattr(matching, "_warned", [])
    with pytest.warns(UserWarning, match=r"This overload of add is deprecated:\n\tadd\(Number alpha, Tensor other\)") as caught:
        refimpl.ones(2).add(2, refimpl.ones(2))
        refimpl.ones(2).sub(2, refimpl.ones(2))
    assert len(caught) == 1


@pytest.mark.parametrize("program", ["torch.rsub(x, 2, 3)", "torch.rsub(x, x, 3)", "torch.rsub(i, 2, 0.5)", "torch.subtract(x, 2, 3)"])
def test_a_parameter_may_go_by_position_in_one_form_alone(program):
    assert_same_answer(program)


@pytest.mark.parametrize("flag", ["'x'", "[]", "1", "None", "True", "x"])
@pytest.mark.parametrize("program", ["x.copy_(x, {})", "x.copy_(x, non_blocking={})", "x.type(torch.int32, {})", "x.type(None, {})",
                                     "torch.max(x, 0, {})", "torch.max(x, x, {})", "x.expand((2, 2), implicit={})",
                                     "x.expand(2, 2, implicit={})"])  # fmt: skip
def test_flags_are_bools(program, flag):
    assert_same_answer(program.format(flag))


@pytest.mark.parametrize("program", ["torch.triu_indices(2, 2, {})", "torch.tril_indices(0, {})", "x.split({})", "x.split(1, {})", "x.cuda({})",
                                     "torch.device({})", "torch.device('cuda', {})", "F.nll_loss(m, m[0].long(), ignore_index={})"])  # fmt: skip
def test_ints_have_64_bits(program):
    assert_same_answer(program.format("B"))


@pytest.mark.parametrize("number", ["2**70", "-2**70", "10**400", "1j", "True", "'x'"])
@pytest.mark.parametrize("program", ["torch.logit(x, {})", "torch.logit(x.long(), eps={})", "torch.logspace(0, 1, 2, {})", "torch.isclose(x, x, {})",
                                     "torch.allclose(x, x, 0.0, {})", "x.log_normal_({})"])  # fmt: skip
def test_ints_for_floats_have_any_size(program, number):
    assert_same_answer(program.format(number))


@pytest.mark.parametrize("program", [
    "torch.resize_as_(x, 2)", "torch.resize_as_(x, x, 1)", "torch.resize_as_(x)", "torch.resize_as_()", "torch.resize_as_(input=x, the_template=x)",
    "torch.relu_(x, 1)", "torch.exp_()", "torch.logit_(x, 'a')", "torch.nan_to_num_(x, 'a')", "torch.index_put_(x, 1, x)", "torch.fill_(x, 'a')",
    "torch.ldexp_(x, x, 1)", "x.resize_as_(2)", "x.logit_('a')",
])  # fmt: skip
def test_functions_count_the_tensor_that_they_write_and_methods_do_not(program):
    assert_same_answer(program)


@pytest.mark.parametrize("program", [
    "x.split(split_size_or_sections=1)", "x.split(split_size=1)", "x.split(dim=0)", "x.split()", "x.split(1, 0, 1)", "x.split(1, unknown=1)",
    "x.split(1, split_size=1)", "torch.split(x)", "torch.split()", "torch.split(x, dim=0)", "torch.split(x, split_size=1)",
    "torch.split(tensor=x, split_size_or_sections=1)", "torch.split(input=x, split_size_or_sections=1)", "torch.split(x, 1, 0, 1)",
    "torch.norm()", "torch.norm(x, 1, None, False, None, None, 6)", "x.norm(1, 2, 3, 4, 5, 6)", "x.norm(unknown=1)", "torch.norm(x, unknown=1)",
])  # fmt: skip
def test_functions_that_torch_writes_in_python_speak_as_python_does(program):
    assert_same_answer(program)


@pytest.mark.parametrize("program", [
    "x.split((0, 1), None)", "torch.split(x, [1, 2], 0.5)", "torch.split(x, 2, None)", "torch.split(x, (1, 'a'))", "x.split((1, 2.5))",
    "x.split('a')", "torch.split(x, 1.5)", "x.split(True)", "torch.split(x, torch.tensor(2))", "x.split(torch.tensor(1.5))", "torch.split(x, x)",
    "torch.split(None, 2)", "torch.split(None, None)", "x.unflatten(0, (1, 'a'))", "x.istft('a')", "F.relu(None)",
])  # fmt: skip
def test_functions_that_torch_writes_in_python_hand_arguments_on_to_a_parser(program):
    assert_same_answer(program)


@pytest.mark.parametrize("program", [
    "x.set_(x, None)", "x.set_(x, 1)", "x.set_(None)", "x.set_(x, storage_offset=1)", "x.set_(x, storage_offset=None, size=None)",
    "x.set_(x, 1, (1,), None)", "x.set_(x, storage_offset=1, size=(1,))", "x.var(None)", "x.var(None, correction=0)",
    "x.var(dim=None, unbiased=True)", "x.long().std(None)", "torch.var_mean(x, None)", "x.min(None)",
])  # fmt: skip
def test_none_is_not_nothing(program):
    """Where a body cannot tell it from an argument that was not given, the forms do."""
    assert_same_answer(program)


@pytest.mark.parametrize("program", [
    "torch.{}(x, dim=torch.tensor(0))", "torch.{}(x, torch.tensor(0))", "torch.{}(x, torch.tensor(0), True)", "x.{}(dim=torch.tensor(16))",
    "x.{}(dim=torch.tensor([0]))", "x.{}(dim=torch.tensor(0.0))", "x.{}(other=torch.tensor(0))", "torch.{}(x, x, [])",
])  # fmt: skip
@pytest.mark.parametrize("name", ["max", "min"])
def test_a_tensor_for_a_dimension_is_told_from_another_operand(name, program):
    assert_same_answer(program.format(name))


@pytest.mark.parametrize("call", [
    "torch.add(1, 2, 3, 4, 5)", "torch.add(x, 2, 3, 4, 5)", "torch.addcmul(*[1] * 6)", "torch.addcdiv(*[x] * 6)", "x.add('a', 'a', 'a')",
    "torch.addmm(*[1] * 6)", "torch.addmm(*[1] * 7)", "torch.clamp(*[x] * 5)", "x.scatter(0., x, 1)", "x.index_fill(0, 1, True)",
    "torch.pow('a', 2.5)", "torch.pow('a', 2, 1, 1)", "x.masked_fill(1, 2.5)", "torch.norm(x, x, x, x, x, x)", "x.to('a', 'a', 'a', 'a', 'a', 'a')",
])  # fmt: skip
def test_arguments_that_do_not_fit_are_marked_as_torch_marks_them(call):
    said = []
    for torch in (refimpl, real_torch):
        with pytest.raises(TypeError) as caught:
            eval(call, {"torch": torch, "x": torch.ones(2)})
        said.append(str(caught.value))
    assert said[0] == said[1]
