"""Gradients of factors of which one triangle alone is read, as functions of matrices that are Hermitian, or triangular, by construction."""

from __future__ import annotations

import pytest

import refimpl as torch


def hermitian(x):
    return x @ x.mH + 2 * torch.eye(x.shape[-1], dtype=x.dtype)


def lower(x):
    return x.tril(-1) + torch.diag_embed(1.5 + x.diagonal(0, -2, -1).abs())


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("upper", [False, True])
def test_the_gradient_of_a_cholesky_factor_is_the_derivative_for_hermitian_matrices(dtype, upper):
    torch.manual_seed(3)
    x = torch.randn(2, 3, 3, dtype=dtype, requires_grad=True)
    function = lambda x: torch.linalg.cholesky(hermitian(x), upper=upper)  # noqa: E731
    assert torch.autograd.gradcheck(function, (x,))
    assert torch.autograd.gradgradcheck(function, (x,))


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
@pytest.mark.parametrize("upper", [False, True])
def test_gradients_of_what_is_solved_with_a_cholesky_factor_are_derivatives_for_triangular_ones(dtype, upper):
    torch.manual_seed(4)
    x, b = torch.randn(3, 3, dtype=dtype, requires_grad=True), torch.randn(3, 2, dtype=dtype, requires_grad=True)

    def factor(x):
        return lower(x).mH if upper else lower(x)

    assert torch.autograd.gradcheck(lambda x, b: torch.cholesky_solve(b, factor(x), upper), (x, b))
    assert torch.autograd.gradgradcheck(lambda x, b: torch.cholesky_solve(b, factor(x), upper), (x, b))
    assert torch.autograd.gradcheck(lambda x: torch.cholesky_inverse(factor(x), upper), (x,))


def test_the_gradient_of_a_determinant_is_the_matrix_of_cofactors_of_singular_matrices_too():
    x = torch.tensor([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(torch.linalg.det, (x,))
    assert torch.autograd.gradgradcheck(torch.linalg.det, (x,))
    zero = torch.zeros(2, 2, dtype=torch.complex128, requires_grad=True)
    assert torch.autograd.gradcheck(torch.linalg.det, (zero,))
    assert torch.autograd.gradgradcheck(torch.linalg.det, (zero,))


def test_a_singular_matrix_is_named_by_its_place_in_the_batch():
    with pytest.raises(torch.linalg.LinAlgError, match=r"linalg.inv: \(Batch element 1\): The diagonal element 2 is zero"):
        torch.linalg.inv(torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]]]))
