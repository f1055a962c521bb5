"""A generative adversarial network: one network makes numbers, another one tells them from those of a normal distribution."""

import refimpl as torch
from refimpl import nn

torch.manual_seed(6)
generator = nn.Sequential(nn.Linear(2, 12), nn.LeakyReLU(0.2), nn.Linear(12, 1))
critic = nn.Sequential(nn.Linear(1, 12), nn.LeakyReLU(0.2), nn.Dropout(0.1), nn.Linear(12, 1), nn.Sigmoid())
criterion = nn.BCELoss()
of_generator = torch.optim.Adam(generator.parameters(), lr=0.01, betas=(0.5, 0.999))
of_critic = torch.optim.SGD(critic.parameters(), lr=0.1, momentum=0.5)
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(of_critic, factor=0.5, patience=5)
ones, zeros = torch.ones(24, 1), torch.zeros(24, 1)
for step in range(1, 41):
    real = 3.0 + 0.5 * torch.randn(24, 1)
    made = generator(torch.randn(24, 2))
    critic.zero_grad()
    loss = criterion(critic(real), ones) + criterion(critic(made.detach()), zeros)
    loss.backward()
    of_critic.step()
    generator.zero_grad()
    fooled = criterion(critic(made), ones)
    fooled.backward()
    of_generator.step()
    plateau.step(loss.item())
    if step % 10 == 0:
        print(f"step {step}   critic {loss.item():.3f}   generator {fooled.item():.3f}   lr {of_critic.param_groups[0]['lr']}")
with torch.no_grad():
    print(f"mean of what is made {generator(torch.randn(100, 2)).mean().item():.2f}")
