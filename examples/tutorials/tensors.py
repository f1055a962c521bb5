"""Tensors, told by what they print: creation, conversion, indexing, shapes, operations in place, broadcasting, and a network with nothing else.

After the tutorial "Getting familiar with torch tensors" (T0), in the R view of refimpl. Each heading names its row of docs/tutorial-rows.md.
"""

from network import train

from refimpl.rstyle import (
    as_array,
    as_integer,
    class_of,
    cuda_device_count,
    cuda_is_available,
    drop,
    matrix,
    show,
    torch_device,
    torch_double,
    torch_manual_seed,
    torch_ones,
    torch_randint,
    torch_randn,
    torch_tensor,
    torch_zeros,
)

# A tensor is made of values, and their type decides its own. Every number of R is a vector.
print("-- C01: floats")
show(torch_tensor([1.0, 2.0]))
print("-- C02: logicals")
show(torch_tensor([True, False]))
print("-- C03: a matrix, row by row")
show(torch_tensor([[1.0, 2.0, 0.0], [3.0, 0.0, 0.0], [4.0, 5.0, 6.0]]))
print("-- C04: a matrix of R's; by column, unless it is told otherwise")
show(torch_tensor(matrix(range(1, 10), ncol=3, byrow=True)))

# Or it is made of a shape and a rule. The tutorial set no seed; this one makes the generator draw what it printed.
torch_manual_seed(199746186)
print("-- C06: normal draws")
show(torch_randn(3, 3))
print("-- C07: zeros in three dimensions, a block for each of the first")
show(torch_zeros(4, 2, 2))

print("-- D01: the type of floats")
show(torch_tensor([3.0, 5.0, 7.0]).dtype)
print("-- D02: the type of integers")
show(torch_tensor(1).dtype)
print("-- D04: a type of one's own choice")
t = torch_tensor(2.0, dtype=torch_double())
show(t.dtype)
print("-- V01: where it lives")
show(t.device)

# Values go back to R as vectors, matrices and arrays.
print("-- V09: a matrix again")
show(as_array(torch_tensor(matrix(range(1, 10), ncol=3, byrow=True))))
print("-- V10: what R calls them")
for t in (torch_tensor([1.0, 2.0, 3.0]), torch_ones([2, 2]), torch_ones([2, 2, 2])):
    show(class_of(as_array(t)))
print("-- V12: one number, by way of the CPU")
show(as_integer(torch_tensor(2.0).cpu()))

# Subscripts count from 1, and a range includes its end.
t = torch_tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
print("-- I01: the matrix, an element, a row, part of a row")
show(t, t[1, 1], t[1, :], t[1, 1:2])
print("-- I05: a single number takes its dimension away")
show(t.size(), t[1, 1:2].size(), t[1, 1].size())
print("-- I06: unless it is asked to leave it")
show(t[1, 1:2, drop(False)].size(), t[1, 1, drop(False)].size())
print("-- I08: below zero, counting starts at the end; nothing is left out, as R would")
show(t[1, -1], t[:, -2:-1])
print("-- I10: every second one")
show(torch_tensor(range(1, 11))[2:10:2])
print("-- I11: the last dimension alone, and the first alone")
t = torch_randint(-7, 7, size=[2, 2, 2])
show(t, t[..., 1], t[2, ...])

# A shape is a way to read storage: to change it costs nothing, as long as the storage can be read so.
t1 = torch_randint(low=3, high=7, size=[3, 3, 3])
t3 = t1.unsqueeze(dim=2)
print("-- S01: dimensions of size 1 come")
show(t1.size(), t1.unsqueeze(dim=1).size(), t3.size())
print("-- S03: and go")
show(t3.squeeze().size())
t1 = torch_tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
t2 = t1.view([2, 3])
print("-- S05: a view keeps the order of the elements, which a transpose does not")
show(t1, t2)
print("-- S06: one size may be left to torch")
show(t1.view([-1, 6]).size(), t1.view([-1, 6]))
print("-- S09: both read the same storage")
show([hex(each.untyped_storage().data_ptr()) for each in (t1, t2)])
print("-- S11: in other strides")
show(t1.stride())
print("-- S12: of the view")
show(t2.stride())
t2 = t1.t()
print("-- S13: a transpose, too, is nothing but other strides")
show(t1, t1.stride(), t2, t2.stride())
print("-- S16: which no view can read as one row")
try:
    t2.view(6)
except RuntimeError as error:
    print(error)
print("-- S17: a copy can be")
show(t2.contiguous().view(6))
print("-- S19: and reshape copies where it must")
show([hex(each.untyped_storage().data_ptr()) for each in (t2, t2.reshape(6))])

# A method makes a new tensor. With an underscore behind its name it changes the one that it is called on.
t2 = t1.clone()
print("-- O02: a sum")
show(t1.add(t2))
print("-- O03: of what has not changed")
show(t1)
print("-- O04: a sum in place")
show(t1.add_(t1), t1)
print("-- O05: a sum under another name")
show(t1.add(t1))

print("-- V04: graphics processors, here")
show(cuda_is_available(), cuda_device_count())
print("-- V06: there and back")
if cuda_is_available():
    t = torch_ones([2, 2], device=torch_device("cuda"))
    show(t.device, t.cpu().device)
else:
    print("no GPU here")

# Shapes that differ are aligned at their right ends; a size of 1, or none, is stretched.
print("-- B01: a number")
show(torch_randn([3, 5]) + 22.0)
print("-- B03: shapes that do not go together")
try:
    torch_randn([3, 5]) + torch_randn([5, 5])
except RuntimeError as error:
    print(error)
print("-- B04: a row for every row")
show(torch_randn([3, 5]) + torch_randn([1, 5]))
print("-- B06: a vector is a row")
show(torch_randn([3, 5]) + torch_randn([5]))
print("-- B05: a row and a column")
show(torch_randn([1, 5]) + torch_randn([3, 1]))
print("-- B12: an outer product")
show(torch_tensor([0.0, 10.0, 20.0, 30.0]).view([4, 1]) * torch_tensor([1.0, 2.0, 3.0]))

print("-- N18: a network of tensors alone")
torch_manual_seed(1)
train()
