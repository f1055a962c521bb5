"""A small GPT: blocks of causal self-attention and a feed-forward network, trained to sort letters."""

import math

import refimpl as torch
import refimpl.nn.functional as F
from refimpl import nn

SYMBOLS, LENGTH, WIDTH, HEADS = 4, 5, 16, 2


class SelfAttention(nn.Module):
    def __init__(self):
        super().__init__()
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.output = nn.Linear(WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.1)
        self.register_buffer("mask", torch.tril(torch.ones(2 * LENGTH - 1, 2 * LENGTH - 1)).view(1, 1, 2 * LENGTH - 1, 2 * LENGTH - 1))

    def forward(self, x):
        batch, time, width = x.size()
        q, k, v = (part.view(batch, time, HEADS, width // HEADS).transpose(1, 2) for part in self.queries_keys_values(x).split(width, dim=2))
        scores = q @ k.transpose(-2, -1) / math.sqrt(k.size(-1))
        weights = F.softmax(scores.masked_fill(self.mask[:, :, :time, :time] == 0, float("-inf")), dim=-1)
        mixed = self.dropout(weights) @ v
        return self.output(mixed.transpose(1, 2).contiguous().view(batch, time, width))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = SelfAttention()
        self.network = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.network(self.norm2(x))


class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.symbols = nn.Embedding(SYMBOLS, WIDTH)
        self.places = nn.Embedding(2 * LENGTH - 1, WIDTH)
        self.blocks = nn.ModuleList([Block() for _ in range(2)])
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, SYMBOLS, bias=False)
        self.apply(self.begin)

    @staticmethod
    def begin(module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, mean=0.0, std=0.2)
            if module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, tokens):
        x = self.symbols(tokens) + self.places(torch.arange(tokens.size(1)))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


torch.manual_seed(5)
model = GPT()
print(sum(p.numel() for p in model.parameters()), "parameters")
decayed = [p for p in model.parameters() if p.dim() > 1]
others = [p for p in model.parameters() if p.dim() < 2]
optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}], lr=0.02, betas=(0.9, 0.95))
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.02, total_steps=40)
for step in range(1, 41):
    letters = torch.randint(0, SYMBOLS, (16, LENGTH))
    whole = torch.cat([letters, letters.sort(dim=1).values], dim=1)
    inputs, targets = whole[:, :-1], whole[:, 1:].clone()
    targets[:, : LENGTH - 1] = -1  # what is given need not be foretold
    loss = F.cross_entropy(model(inputs).view(-1, SYMBOLS), targets.reshape(-1), ignore_index=-1)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    scheduler.step()
    if step % 10 == 0:
        print(f"step {step}   loss {loss.item():.2f}   lr {scheduler.get_last_lr()[0]:.5f}")

model.eval()
tokens = torch.tensor([[3, 1, 0, 2, 1]])
with torch.no_grad():
    for _ in range(LENGTH):
        tokens = torch.cat([tokens, model(tokens[:, : 2 * LENGTH - 1])[:, -1:].argmax(dim=-1)], dim=1)
print(tokens.tolist())
