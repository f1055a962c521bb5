"""A variational autoencoder of points on a ring."""

import refimpl as torch
import refimpl.nn.functional as F
from refimpl import nn


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(2, 16)
        self.mean, self.log_variance = nn.Linear(16, 1), nn.Linear(16, 1)
        self.decoder = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 2))

    def forward(self, x):
        hidden = torch.tanh(self.encoder(x))
        mean, log_variance = self.mean(hidden), self.log_variance(hidden)
        std = torch.exp(0.5 * log_variance)
        code = mean + torch.randn_like(std) * std
        return self.decoder(code), mean, log_variance


def loss_of(recovered, x, mean, log_variance):
    distance = F.mse_loss(recovered, x, reduction="sum")
    divergence = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return distance + 0.05 * divergence


torch.manual_seed(4)
model = VAE()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=60)
angle = torch.rand(40) * 2 * torch.pi
points = torch.stack([angle.cos(), angle.sin()], dim=1)
for step in range(1, 61):
    optimizer.zero_grad()
    loss = loss_of(*((out := model(points))[0], points, out[1], out[2]))
    loss.backward()
    optimizer.step()
    scheduler.step()
    if step % 15 == 0:
        print(f"step {step}   loss {loss.item() / len(points):.3f}   lr {scheduler.get_last_lr()[0]:.5f}")
model.eval()
with torch.no_grad():
    print([[round(v, 1) for v in row] for row in model.decoder(torch.tensor([[-1.0], [0.0], [1.0]])).tolist()])
