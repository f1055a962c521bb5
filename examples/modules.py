"""The network as modules: layers with parameters of their own, composed, trained, saved and restored."""

import refimpl as torch
from refimpl import nn


class Network(nn.Module):
    def __init__(self, d_in, d_hidden, d_out):
        super().__init__()
        self.hidden = nn.Linear(d_in, d_hidden)
        self.activation = nn.ReLU()
        self.output = nn.Linear(d_hidden, d_out)
        self.register_buffer("steps", torch.tensor(0))

    def forward(self, x):
        self.steps += 1
        return self.output(self.activation(self.hidden(x)))


torch.manual_seed(2)
model = Network(3, 8, 1)
print(model)
for name, parameter in model.named_parameters():
    print(name, tuple(parameter.shape))

x = torch.randn(20, 3)
y = x @ torch.tensor([[0.2], [-1.3], [-0.5]])
for epoch in range(1, 51):
    loss = (model(x) - y).pow(2).sum()
    model.zero_grad()
    loss.backward()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(0.01 * parameter.grad)
    if epoch % 10 == 0:
        print(f"epoch {epoch:2d}   loss {loss.item():.4f}")

print("-- saved and restored")
copy = Network(3, 8, 1)
print(copy.load_state_dict(model.state_dict()))
print(copy.steps, torch.equal(copy.hidden.weight, model.hidden.weight))
