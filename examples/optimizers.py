"""Training with a loss and an optimizer: a classifier, by SGD with momentum and by Adam."""

import refimpl as torch
from refimpl import nn


def spiral(points):
    """Three classes of points on the arms of a spiral."""
    label = torch.arange(3).repeat(points)
    radius = torch.linspace(0.2, 1.0, 3 * points)
    angle = 4 * radius + label * (2 * torch.pi / 3) + 0.1 * torch.randn(3 * points)
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1), label


def train(make_optimizer):
    torch.manual_seed(3)
    x, label = spiral(20)
    model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 3))
    loss_function = nn.CrossEntropyLoss()
    optimizer = make_optimizer(model.parameters())
    for step in range(1, 61):
        optimizer.zero_grad()
        scores = model(x)
        loss = loss_function(scores, label)
        loss.backward()
        optimizer.step()
        if step % 20 == 0:
            right = (scores.argmax(dim=1) == label).sum().item()
            print(f"step {step}   loss {loss.item():.4f}   right {right} of {len(label)}")


print("-- SGD with momentum")
train(lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9, weight_decay=1e-4))
print("-- Adam")
train(lambda parameters: torch.optim.Adam(parameters, lr=0.05))
