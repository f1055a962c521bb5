"""Packed and padded sequences, clipped gradients, parameters as vectors: as torch's."""

from __future__ import annotations

from side_by_side import assert_same


def test_sequences_are_packed_and_padded():
    def program(torch):
        rnn = torch.nn.utils.rnn
        parts = [torch.arange(float(n)) + 10 * n for n in (2, 4, 3)]
        matrices = [torch.randn(n, 2) for n in (1, 3)]
        packed = rnn.pack_sequence(parts, enforce_sorted=False)
        padded = rnn.pad_sequence(parts, padding_value=-1.0)
        by_hand = rnn.pack_padded_sequence(padded, [2, 4, 3], enforce_sorted=False)
        first = rnn.pack_padded_sequence(rnn.pad_sequence(matrices[::-1], batch_first=True), torch.tensor([3, 1]), batch_first=True)
        return [
            packed, padded, by_hand, first, rnn.pad_packed_sequence(packed), rnn.pad_packed_sequence(first, batch_first=True, padding_value=2.0),
            rnn.pad_packed_sequence(packed, total_length=6), rnn.pad_sequence(parts, padding_side="left"),
            rnn.unpad_sequence(padded.clone(), torch.tensor([2, 4, 3])),
            [part.stride() for part in rnn.unpad_sequence(torch.ones(4, 3, 2), torch.tensor([2, 4, 3]))],
            rnn.unpack_sequence(packed), rnn.invert_permutation(torch.tensor([2, 0, 1])), packed.to(torch.float64), packed.double().data.dtype,
            packed.to("cpu") is packed, packed.is_cuda, type(packed).__name__,
            rnn.pack_sequence([torch.ones(2), torch.ones(1)]),
            lambda: rnn.pack_padded_sequence(padded, [2, 4, 3]), lambda: rnn.pack_padded_sequence(padded, [4, 3]),
            lambda: rnn.pack_padded_sequence(padded, [4, 3, 0]), lambda: rnn.pad_packed_sequence(packed, total_length=2),
            lambda: rnn.pad_sequence(parts, padding_side="up"), lambda: rnn.pad_sequence(3),
        ]  # fmt: skip

    assert_same(program)


def test_gradients_flow_through_packing():
    def program(torch):
        rnn = torch.nn.utils.rnn
        x = torch.arange(12.0).reshape(3, 2, 2).requires_grad_()
        packed = rnn.pack_padded_sequence(x, [3, 2])
        (rnn.pad_packed_sequence(packed)[0] * torch.arange(12.0).reshape(3, 2, 2)).sum().backward()
        return [x.grad]

    assert_same(program)


def test_gradients_are_clipped():
    def program(torch):
        utils = torch.nn.utils

        def parameters():
            made = [torch.nn.Parameter(torch.zeros(n)) for n in (2, 3, 1)]
            made[0].grad, made[1].grad = torch.tensor([3.0, -4.0]), torch.tensor([1.0, 0.0, 12.0])
            return made

        found = []
        for options in ((1.0,), (100.0,), (2.0, 1), (2.0, float("inf")), (1.0, 0.5)):
            ps = parameters()
            found.append([f"{utils.clip_grad_norm_(ps, *options).item():.5f}", [f"{x:.5f}" for p in ps[:2] for x in p.grad.tolist()]])
        ps = parameters()
        utils.clip_grad_value_(ps, 2.5)
        bad = parameters()
        bad[0].grad[0] = float("nan")
        single = parameters()[0]
        return [
            found, [p.grad for p in ps], utils.get_total_norm([p.grad for p in parameters()[:2]]), utils.get_total_norm([]),
            *[(ps[0].grad._version, utils.clip_grad_value_(ps, 2.5, foreach=each), ps[0].grad._version) for each in (None, True, False)],
            lambda: utils.clip_grad_value_([], 2.5), lambda: utils.clip_grad_value_(parameters()[2], 2.5, foreach=False),
            utils.clip_grad_norm_([], 1.0), utils.clip_grad_norm_(single, 2.5), single.grad,
            lambda: utils.clip_grad_norm_(bad, 1.0, error_if_nonfinite=True), lambda: utils.clip_grad_norm_(bad, 1.0),
        ]  # fmt: skip

    assert_same(program)


def test_parameters_are_one_vector():
    def program(torch):
        model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 1))
        vector = torch.nn.utils.parameters_to_vector(model.parameters())
        torch.nn.utils.vector_to_parameters(torch.arange(9.0), model.parameters())
        return [vector.shape, model.state_dict(), lambda: torch.nn.utils.vector_to_parameters([1.0], model.parameters())]

    assert_same(program)
