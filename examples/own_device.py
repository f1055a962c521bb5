"""A device of one's own: the Kernels protocol of refimpl.backend, implemented and registered.

The toy device keeps its elements in a bytearray that only it can read. It starts as every new device may start: the
storage is its own, and each computation is sent to the host's kernels and back. Then it learns one thing itself, addition.
docs/adding-a-device.md walks through this file.
"""

from array import array
from collections import Counter
from operator import add

import refimpl as torch
from refimpl.backend import Storage, View, register_device
from refimpl.cpu import CPU
from refimpl.foundation.layout import contiguous_strides


def addresses(view):
    """Where the elements of a view lie in its storage, counted in elements, in row-major order."""
    found = [view.offset]
    for size, stride in zip(view.shape, view.strides):
        found = [a + i * stride for a in found for i in range(size)]
    return found


class ToyKernels:
    """The device: its storage, and the computation that it does not leave to the host."""

    device_type = "toy"
    device_index = 0
    overrides = {}

    def __init__(self):
        self.calls = Counter()

    # -- storage: what every device must do itself --------------------------------------------------
    def allocate(self, nbytes):
        return Storage(self, nbytes, bytearray(nbytes))

    def from_bytes(self, data):
        return Storage(self, len(data), bytearray(data))

    def to_bytes(self, view):
        size, data = view.dtype.itemsize, view.storage.data
        return b"".join(data[a * size : (a + 1) * size] for a in addresses(view))

    def data_ptr(self, storage):
        return id(storage.data) if storage.nbytes else 0

    def resize(self, storage, nbytes):
        storage.data[nbytes:] = bytes(max(0, nbytes - storage.nbytes))
        storage.nbytes = nbytes

    def synchronize(self):
        pass

    # -- computation: on the host, unless the device knows better --------------------------------------
    def on_host(self, name, arguments, parameters):
        mirrors = {}

        def send(argument):
            if isinstance(argument, (list, tuple)):
                return [send(a) for a in argument]
            if not isinstance(argument, View):
                return argument
            storage = argument.storage
            if storage not in mirrors:
                mirrors[storage] = CPU.from_bytes(bytes(storage.data))
            return View(mirrors[storage], argument.offset, argument.shape, argument.strides, argument.dtype)

        self.calls["on the host"] += 1
        result = getattr(CPU, name)(*map(send, arguments), **parameters)
        for storage, mirror in mirrors.items():
            storage.data[:] = CPU.to_bytes(View(mirror, 0, (storage.nbytes,), (1,), torch.uint8))
        return result

    def __getattr__(self, name):
        if name.startswith("_") or not hasattr(CPU, name):
            raise AttributeError(name)
        return lambda *arguments, **parameters: self.on_host(name, arguments, parameters)

    def nonzero(self, input):
        """The only primitive that makes a tensor, since no one can know its size before."""
        found = self.on_host("nonzero", (input,), {})
        return View(self.from_bytes(CPU.to_bytes(found)), 0, found.shape, contiguous_strides(found.shape), found.dtype)

    def map(self, name, out, inputs, dtype):
        """The sum of two float32 views by the device itself; any other function on the host."""
        mine = dtype is torch.float32 and all(isinstance(view, View) and view.dtype is dtype for view in (out, *inputs))
        if name != "add" or not mine:
            self.on_host("map", (name, out, inputs, dtype), {})
            return
        self.calls["on the device"] += 1
        a, b = (array("f", self.to_bytes(view)) for view in inputs)
        for address, value in zip(addresses(out), map(add, a, b)):
            out.storage.data[4 * address : 4 * address + 4] = array("f", (value,)).tobytes()


toy = ToyKernels()
register_device(toy)


def train(device):
    """An ordinary program: nothing in it knows about the device but the argument."""
    torch.manual_seed(0)
    x = torch.randn(8, 3).to(device)
    y = (x * torch.tensor([1.0, -2.0, 0.5]).to(device)).sum(dim=1, keepdim=True)
    model = torch.nn.Linear(3, 1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return model.weight.detach(), loss.item()


def backend():
    """The device as a backend of the conformance suite: ``python -m conformance run --backend examples.own_device:backend``."""
    from conformance.backends.refimpl_backend import Refimpl

    return Refimpl("toy")


if __name__ == "__main__":
    print(torch.arange(3, device="toy") + 1)
    weight, loss = train("toy")
    print(weight)
    on_host, loss_on_host = train("cpu")
    print("close to the host:", torch.allclose(weight.cpu(), on_host) and abs(loss - loss_on_host) < 1e-6)
    print("computed by the device itself:", toy.calls["on the device"] > 0)
