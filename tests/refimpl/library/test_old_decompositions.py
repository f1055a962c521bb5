"""Decompositions under their old names: what no row of the suite sees, the warnings and the ``out`` of the one that torch writes in Python."""

import re
import warnings

import pytest
import torch

import refimpl

LIBRARIES = [refimpl, torch]
NAMES = ("cholesky", "qr", "triangular_solve", "lu")


def call(library, name):
    x = library.tensor([[4.0, 2.0], [2.0, 5.0]])
    return getattr(library, name)(*([x, x] if name == "triangular_solve" else [x]))


@pytest.fixture
def always():
    """torch gives its warnings each time, and not once in a process."""
    before = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    yield
    torch.set_warn_always(before)


@pytest.mark.parametrize("name", NAMES)
def test_they_warn_in_torchs_words(name, always):
    said = []
    for library in LIBRARIES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call(library, name)
        said.append([(w.category, re.sub(r" \(Triggered internally.*", "", str(w.message))) for w in caught])
        places = [w.filename for w in caught]
        assert library is torch or places == [__file__]
    assert said[0] == said[1]
    assert len(said[0]) == 1


@pytest.mark.filterwarnings("ignore:torch.lu is deprecated")
class TestLu:
    MATRIX = [[1.0, 2.0, 3.0], [2.0, 0.0, 1.0]]

    def seen(self, library, dtypes, shapes, kind, **kwargs):
        out = kind([library.zeros(shape, dtype=getattr(library, dtype)) for dtype, shape in zip(dtypes, shapes)])
        try:
            result = library.lu(library.tensor(self.MATRIX), out=out, **kwargs)
        except (TypeError, RuntimeError) as error:
            return type(error), str(error)
        assert result is out
        return [(str(x.dtype), x.tolist(), x.stride()) for x in out]

    @pytest.mark.parametrize("kind", [tuple, list])
    @pytest.mark.parametrize("dtypes", [("float32", "int32", "int32"), ("float64", "int64", "int8"), ("complex64", "float16", "bool")])
    @pytest.mark.parametrize("infos", [False, True])
    def test_out_takes_the_results_whatever_its_dtypes(self, infos, dtypes, kind):
        shapes = [(0,), (2,), ()][: 2 + infos]
        ours, theirs = (self.seen(library, dtypes, shapes, kind, get_infos=infos) for library in LIBRARIES)
        assert ours == theirs
        assert isinstance(ours, list)

    def test_out_of_the_results_shape_keeps_its_strides(self):
        outs = [(library.zeros(3, 2).t(), library.zeros(2, dtype=library.int32)) for library in LIBRARIES]
        for library, out in zip(LIBRARIES, outs):
            library.lu(library.tensor(self.MATRIX), out=out)
        assert [x.stride() for x in outs[0]] == [x.stride() for x in outs[1]] == [(1, 2), (1,)]
        assert [x.tolist() for x in outs[0]] == [x.tolist() for x in outs[1]]

    @pytest.mark.parametrize("count, infos", [(3, False), (2, True), (1, False)])
    def test_out_of_another_length_is_refused(self, count, infos):
        ours, theirs = (self.seen(library, ["float32"] * count, [(0,)] * count, tuple, get_infos=infos) for library in LIBRARIES)
        assert ours == theirs
        assert ours[0] is TypeError

    @pytest.mark.parametrize("size", [2, 3])
    def test_out_that_is_one_tensor_is_refused(self, size):
        said = []
        for library in LIBRARIES:
            with pytest.raises(TypeError) as error:
                library.lu(library.tensor(self.MATRIX), out=library.zeros(size))
            said.append(str(error.value))
        assert said[0] == said[1]

    def test_out_is_a_part_of_the_graph(self):
        for library in LIBRARIES:
            x = library.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
            out = (library.zeros(2, 2), library.zeros(2, dtype=library.int32))
            library.lu(x, out=out)[0].sum().backward()
            assert x.grad.tolist() == [[1.0, 0.5], [0.0, 1.0]]

    def test_out_that_requires_grad_is_refused(self):
        for library in LIBRARIES:
            out = (library.zeros(2, 3, requires_grad=True), library.zeros(2, dtype=library.int32))
            with pytest.raises(RuntimeError, match="cannot resize variables that require grad"):
                library.lu(library.tensor(self.MATRIX), out=out)

    def test_the_function_names_its_results_and_the_method_does_not(self):
        kinds = []
        for library in LIBRARIES:
            x = library.tensor(self.MATRIX)
            kinds.append([type(r).__name__ for r in (library.lu(x), library.lu(x, get_infos=True), x.lu(), x.lu(get_infos=True))])
        assert kinds[0] == kinds[1] == ["tuple", "_lu_with_info", "tuple", "tuple"]
