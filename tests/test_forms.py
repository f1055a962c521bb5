"""The forms in which operations are called, beside torch's parser: what it says of calls that fit none, before anything else is looked at.

From each form a call that fits is built, and spoilt in every place: an argument of a wrong type, one missing, one too many, an unknown
keyword, an integer of more than 64 bits. Where torch lists all forms ("invalid combination") only the type of the error is compared.
"""

from __future__ import annotations

import warnings

import pytest
import torch as real_torch

import refimpl
from refimpl.arguments import Form, form_texts, mismatch
from refimpl.forms import FUNCTION_FORMS, HIDDEN, METHOD_FORMS

SAMPLES = {"Tensor": lambda torch: torch.ones(1, 1, dtype=torch.int64), "int": lambda torch: 0, "Number": lambda torch: 1, "float": lambda torch: 0.5,
           "bool": lambda torch: False, "str": lambda torch: "x", "tuple of ints": lambda torch: (0,), "object": lambda torch: None,
           "tuple of Tensors": lambda torch: [torch.ones(1, 1)], "torch.dtype": lambda torch: torch.float32}  # fmt: skip


class Strange:
    """A value that fits no parameter."""


def spoilt_calls(form):
    """Calls that the form does not fit, each as a function of a library to its arguments and keywords."""
    required = [p for p in form.parameters if not p.optional]
    if any(p.type not in SAMPLES for p in required):
        return
    positional = [p.type for p in required if not p.keyword_only]
    keywords = {p.name: p.type for p in required if p.keyword_only}

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
    for i, kind in enumerate(positional):
        if kind in ("int", "Number"):
            yield call(lambda args, kwargs, i=i: args.__setitem__(i, 2**70))


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


@pytest.mark.parametrize("name", [name for name in FUNCTION_FORMS if hasattr(real_torch, name)])
def test_functions_refuse_what_torch_refuses(name):
    for text in FUNCTION_FORMS[name]:
        for call in spoilt_calls(Form(text)) if text != HIDDEN else ():
            args, kwargs = call(real_torch)
            theirs = outcome(getattr(real_torch, name), *args, **kwargs)
            args, kwargs = call(refimpl)
            if isinstance(theirs, (TypeError, ValueError, OverflowError)):
                assert said(mismatch(name, args, kwargs)) == said(theirs), (text, args, kwargs)
            else:
                assert mismatch(name, args, kwargs) is None, (text, args, kwargs)


METHODS = [name for name in {**FUNCTION_FORMS, **METHOD_FORMS} if hasattr(real_torch.Tensor, name) and name not in ("real", "imag")]


@pytest.mark.parametrize("name", METHODS + [name + "_" for name in METHODS if hasattr(real_torch.Tensor, name + "_")])
def test_methods_refuse_what_torch_refuses(name):
    tensor = real_torch.ones(1, 1, dtype=real_torch.int64)
    for text in form_texts(name, True):
        for call in spoilt_calls(Form(text)) if text != HIDDEN else ():
            args, kwargs = call(real_torch)
            theirs = outcome(getattr(tensor.clone(), name), *args, **kwargs)
            args, kwargs = call(refimpl)
            found = mismatch(name, (refimpl.ones(1, 1), *args), kwargs, method=True)
            if isinstance(theirs, (TypeError, ValueError, OverflowError)):
                assert said(found) == said(theirs) or "takes no" in str(theirs), (text, args, kwargs)
            else:
                assert found is None, (text, args, kwargs)


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
