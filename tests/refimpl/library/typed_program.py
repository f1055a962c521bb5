"""A program as type checkers see it: operators, methods, functions, modules and optimizers through ``import refimpl as torch``.

``test_stubs.py`` has it checked strictly; it runs, too.
"""

import refimpl as torch
from refimpl import nn, optim


def operators(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Each of Python's operators that tensors have."""
    total = x + y - x * 2 / 3
    total = 1 + total - 2 * y
    total = total**2 // 1 % 5
    total += x
    total -= 1
    total *= y
    total /= 2.0
    product = x @ y.t()
    close = (x > y) & (x <= 1) | ~(x < 0.5) ^ (y >= 2)
    same = x == y
    other = x != 1.5
    chosen = x[0], x[:, 1], x[None, ..., 0], x[close]
    x[0] = 1.0
    x[close] = y[close]
    return -total + abs(product).sum() + same.sum() + other.any() + chosen[0].sum() + +x


def methods(x: torch.Tensor) -> list[float]:
    """Shapes, reductions, sorting, casts, and what is no tensor."""
    flat = x.reshape(-1).view(2, 2).transpose(0, 1).contiguous().flatten()
    wide = flat.unsqueeze(0).expand(3, 4).permute(1, 0).squeeze()
    summed = wide.sum(dim=1, keepdim=True).clamp(min=0.5).log_softmax(dim=0)
    values, indices = x.max(dim=1)
    ordered = x.sort(dim=-1, descending=True)
    best = ordered.values[0] + values.to(torch.float64)
    parts = x.split(1) + x.chunk(2) + x.unbind(0)
    cast = x.double().long().to("cpu").to(torch.float32)
    x.add_(1).mul_(2.0).clamp_(0, 10).zero_()
    size: torch.Size = x.shape
    count: int = x.numel() + size.numel() + x.dim() + len(parts) + x.element_size()
    dtype: torch.dtype = x.dtype
    device: torch.device = x.device
    nested = torch.tensor([[1.0, float(count)]], dtype=dtype, device=device)
    same: bool = torch.equal(nested, nested) and torch.allclose(best, best) and indices.is_contiguous()
    print(same, summed.sum().item(), cast.requires_grad)
    numbers: list[float] = x.flatten().tolist()
    return numbers


def functions(x: torch.Tensor) -> torch.Tensor:
    """Creation, joining, choice, random numbers."""
    made = torch.zeros(2, 2) + torch.ones((2, 2)) + torch.full((2, 2), 0.5) + torch.eye(2)
    steps = torch.arange(4).view(2, 2) + torch.linspace(0, 1, 4).reshape(2, 2)
    generator = torch.Generator().manual_seed(0)
    noise = torch.rand(2, 2, generator=generator) + torch.randn((2, 2)) + torch.randint(5, (2, 2))
    joined = torch.cat([x, made], dim=0)
    stacked = torch.stack((x, steps))
    chosen = torch.where(x > 0, x, 0.0)
    written = torch.exp(x, out=torch.empty(2, 2))
    top = torch.topk(x, 1).indices
    spread, mean = torch.var_mean(x, dim=0)
    return joined.sum() + stacked.mean() + chosen + written + noise + top.sum() + spread + mean


class Net(nn.Module):
    """Two layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, width), nn.ReLU(), nn.Linear(width, 2))
        self.scale = nn.Parameter(torch.ones(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The scores of a batch."""
        scores: torch.Tensor = self.layers(x)
        return nn.functional.relu(scores) * self.scale


def train(steps: int) -> float:
    """A few steps of each optimizer, and the loss at the end."""
    torch.manual_seed(0)
    net = Net(3)
    inputs, targets = torch.randn(4, 2), torch.tensor([0, 1, 0, 1])
    criterion = nn.CrossEntropyLoss()
    last = 0.0
    for optimizer in (optim.SGD(net.parameters(), lr=0.1, momentum=0.9), optim.Adam(net.parameters(), lr=1e-2)):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = criterion(net(inputs), targets)
            loss.backward()
            optimizer.step()
            last = float(loss.item())
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            if parameter.grad is not None:
                print(name, parameter.grad.norm().item(), parameter.detach().abs().max().item())
    return last


if __name__ == "__main__":
    square = torch.tensor([[0.1, 0.2], [0.3, 0.4]])
    print(operators(square.clone(), square).shape, methods(square.clone()), functions(square).shape, train(2))
