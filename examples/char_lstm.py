"""A character model with an LSTM: it learns a sentence, and says it from its first letters."""

import refimpl as torch
import refimpl.nn.functional as F
from refimpl import nn

TEXT = "the quick brown fox jumps over the lazy dog. "
LETTERS = sorted(set(TEXT))


class Model(nn.Module):
    def __init__(self, letters, width):
        super().__init__()
        self.embedding = nn.Embedding(letters, 8)
        self.lstm = nn.LSTM(8, width, batch_first=True)
        self.head = nn.Linear(width, letters)

    def forward(self, tokens, state=None):
        hidden, state = self.lstm(self.embedding(tokens), state)
        return self.head(hidden), state


torch.manual_seed(1)
tokens = torch.tensor([LETTERS.index(c) for c in TEXT * 2])
model = Model(len(LETTERS), 24)
print(model)
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=20, gamma=0.5)
for step in range(1, 41):
    start = torch.randint(0, len(TEXT), (4,)).tolist()
    inputs = torch.stack([tokens[s : s + 16] for s in start])
    targets = torch.stack([tokens[s + 1 : s + 17] for s in start])
    scores, _ = model(inputs)
    loss = F.cross_entropy(scores.reshape(-1, len(LETTERS)), targets.reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if step % 10 == 0:
        print(f"step {step}   loss {loss.item():.3f}   lr {scheduler.get_last_lr()[0]:.4f}")

model.eval()
said, state = "the qu", None
with torch.no_grad():
    for letter in said[:-1]:
        _, state = model(torch.tensor([[LETTERS.index(letter)]]), state)
    for _ in range(20):
        scores, state = model(torch.tensor([[LETTERS.index(said[-1])]]), state)
        said += LETTERS[scores[0, -1].argmax().item()]
print(said)
