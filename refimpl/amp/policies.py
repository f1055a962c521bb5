"""Which operations autocast casts, as torch's lists for the CPU have it (https://pytorch.org/docs/stable/amp.html): products and what is made of them
to the lower dtype, what needs its precision to float32."""

from __future__ import annotations

from typing import Any

from ..autograd.modes import modes
from ..foundation.dtypes import bfloat16
from ..operations.autocast import FLOAT32, LOWER, THROUGH, WIDEST
from ..operations.operation import operations

_LISTS = {
    LOWER: """
        mm bmm matmul addmm baddbmm addbmm linear linalg.vecdot conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d conv_tbc
        scaled_dot_product_attention
        tensordot inner""",
    FLOAT32: """
        cdist avg_pool3d max_pool3d max_pool3d_with_indices adaptive_avg_pool3d adaptive_max_pool3d fractional_max_pool2d fractional_max_pool3d
        max_unpool2d max_unpool3d binary_cross_entropy binary_cross_entropy_with_logits nn.functional.binary_cross_entropy_with_logits mse_loss
        l1_loss smooth_l1_loss huber_loss cross_entropy cross_entropy_loss nll_loss nll_loss2d nll_loss_nd kl_div nn.functional.kl_div
        poisson_nll_loss nn.functional.poisson_nll_loss hinge_embedding_loss nn.functional.hinge_embedding_loss margin_ranking_loss
        nn.functional.margin_ranking_loss soft_margin_loss triplet_margin_loss nn.functional.triplet_margin_loss multi_margin_loss
        multilabel_margin_loss cosine_embedding_loss nn.functional.cosine_embedding_loss ctc_loss nn.functional.ctc_loss grid_sample grid_sampler
        grid_sampler_2d grid_sampler_3d polar prod quantile nanquantile stft istft trace view_as_complex cholesky linalg.cholesky
        linalg.cholesky_ex cholesky_inverse cholesky_solve inverse lu_solve orgqr ormqr geqrf qr svd linalg.solve linalg.svd linalg.svdvals
        linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh linalg.qr linalg.lstsq linalg.inv linalg.inv_ex linalg.cond linalg.matrix_rank
        linalg.householder_product linalg.tensorinv linalg.tensorsolve pinverse fft.fft fft.ifft fft.fft2 fft.ifft2 fft.fftn fft.ifftn fft.rfft
        fft.irfft fft.rfft2 fft.irfft2 fft.rfftn fft.irfftn fft.hfft fft.ihfft""",
    WIDEST: "cat stack index_copy",
    THROUGH: """
        einsum linalg.multi_dot chain_matmul matrix_power linalg.matrix_power linalg.pinv affine_grid affine_grid_generator
        lp_pool1d lp_pool2d lp_pool3d nn.functional.max_unpool1d nn.functional.max_unpool2d nn.functional.max_unpool3d
        nn.functional.fractional_max_pool2d_with_indices nn.functional.fractional_max_pool3d_with_indices nn.functional.affine_grid
        gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell multi_head_attention_forward""",
}  # fmt: skip


def _padding(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Copies of the edge are made in float32, reflections too but those of three dimensions."""
    size, mode = [args[place] if len(args) > place else kwargs.get(name) for place, name in ((1, "pad"), (2, "mode"))]
    return FLOAT32 if mode == "replicate" or mode == "reflect" and size is not None and len(size) < 6 else None


def _lstm(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """A kernel for the whole layer takes bfloat16 alone; in float16 the cells are evaluated."""
    return LOWER if modes.autocast.get("cpu") is bfloat16 else THROUGH


def install() -> None:
    """Enter the lists into the operations. (Torch has names for a few operations that are functions in Python here, or not there yet.)"""
    for policy, names in _LISTS.items():
        for name in names.split():
            if name in operations:
                operations[name].autocast = policy
    operations["pad"].autocast = _padding
    operations["lstm"].autocast = _lstm
