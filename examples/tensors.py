"""A tour of tensors: creation, views, indexing, broadcasting, promotion.

The only line that is not ordinary torch is the import.
"""

import refimpl as torch

torch.manual_seed(0)

print("-- creation")
print(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
print(torch.arange(0, 1, 0.25))
print(torch.randn(2, 3))
print(torch.eye(3, dtype=torch.int64))

print("-- views share storage")
base = torch.arange(12).reshape(3, 4)
columns = base.t()[1:3]
print(columns, columns.stride(), columns.storage_offset(), columns.is_contiguous())
columns[0, 0] = 100
print(base)

print("-- indexing")
print(base[-1], base[..., ::2], base[base % 2 == 1], base[[0, 2], [1, 3]])

print("-- broadcasting, and the layout of results")
row, column = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([[10.0], [20.0]])
print(row + column)
print((torch.ones(4, 2).t() * 3).stride())

print("-- promotion: tensors with dimensions, then 0-d tensors, then numbers")
counts = torch.tensor([1, 2, 3])
print(counts + 0.5, (counts / 2).dtype, (counts * torch.tensor(2.5)).dtype)
print((torch.ones(2, dtype=torch.float16) + torch.tensor(1.0, dtype=torch.float64)).dtype)

print("-- reductions and products")
print(row.mean(), column.sum(dim=0), base.max(dim=1), torch.ones(2, 3) @ torch.ones(3, 2))

print("-- torch's errors")
try:
    torch.ones(2, 3) + torch.ones(4)
except RuntimeError as error:
    print(error)
