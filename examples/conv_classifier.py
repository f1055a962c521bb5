"""A convolutional network that tells digits apart; the digits are drawn here, with noise and at a random place."""

import refimpl as torch
import refimpl.nn.functional as F
from refimpl import nn
from refimpl.utils.data import DataLoader, TensorDataset

STROKES = {0: ["111", "101", "101", "101", "111"], 1: ["010", "110", "010", "010", "111"], 4: ["101", "101", "111", "001", "001"],
           7: ["111", "001", "010", "010", "010"]}  # fmt: skip


def digits(count):
    """Images of 8 x 8 pixels and the numbers of their classes."""
    shapes = [torch.tensor([[float(pixel) for pixel in row] for row in rows]) for rows in STROKES.values()]
    images, labels = 0.2 * torch.randn(count, 1, 8, 8), torch.randint(0, len(shapes), (count,))
    for image, label in zip(images, labels.tolist()):
        down, right = torch.randint(0, 4, (1,)).item(), torch.randint(0, 6, (1,)).item()
        image[0, down : down + 5, right : right + 3] += shapes[label]
    return images, labels


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 8, 3, padding=1)
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(8 * 2 * 2, len(STROKES))

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.norm(self.conv1(x))), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return F.log_softmax(self.head(self.dropout(torch.flatten(x, 1))), dim=1)


torch.set_default_dtype(torch.float64)  # 12 epochs multiply what another library rounds otherwise
torch.manual_seed(2)
train, test = TensorDataset(*digits(160)), TensorDataset(*digits(32))
model = Net()
print(model)
optimizer = torch.optim.NAdam(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
for epoch in range(1, 13):
    model.train()
    for images, labels in DataLoader(train, batch_size=16, shuffle=True):
        optimizer.zero_grad()
        loss = F.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()
    scheduler.step()
    model.eval()
    right = 0
    with torch.no_grad():
        for images, labels in DataLoader(test, batch_size=16):
            right += (model(images).argmax(dim=1) == labels).sum().item()
    print(f"epoch {epoch}   loss {loss.item():.3f}   right {right} of {len(test)}")
