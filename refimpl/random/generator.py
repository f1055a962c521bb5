"""The random generator: MT19937 [1], in torch's seeding and with torch's saved states.

It is Knuth's initialisation with the low 32 bits of the seed. The standard library's generator is the same machine, so
that it is loaded with the state, and draws in bulk.

[1] M. Matsumoto, T. Nishimura: Mersenne Twister, ACM TOMACS 8 (1998).
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Sequence
from typing import Any

from ..foundation.devices import device, kernels_for
from ..foundation.dtypes import uint8
from ..foundation.kernels import View
from ..signatures.types import enter

__all__ = ["Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]

DEFAULT_SEED = 67280421310721
WORDS = 624

# The saved state, in the C layout that torch has kept since Lua: seed, draws left before the next twist, seeded, next
# word, the words (each in 64 bits), two unused doubles around the kept normal, its validity; then a kept float32
# normal, which nothing on the CPU fills any more.
_HEAD = struct.Struct("<QiiQ")
_WORDS = struct.Struct(f"<{WORDS}Q")
_NORMAL = struct.Struct("<dddixxxxf?xxx")
STATE_SIZE = _HEAD.size + _WORDS.size + _NORMAL.size


@enter("Generator", "torch._C.Generator")
class Generator:
    """A source of random numbers with a state of its own.

    >>> g = Generator().manual_seed(0)
    >>> rand(3, generator=g)
    tensor([0.4963, 0.7682, 0.0885])
    """

    __slots__ = ("device", "kept_normal", "_seed", "_engine", "_fresh", "_float_normal", "__weakref__")

    def __init__(self, device: Any = "cpu") -> None:
        self.device = _device(device)
        self._restart(DEFAULT_SEED)

    def _restart(self, seed: int) -> None:
        self._seed = seed & 0xFFFFFFFFFFFFFFFF
        self._engine: Any = None  # made by the first draw: seeding costs more than many programs draw
        self._fresh = True  # nothing drawn yet: the first word is 0, not 624
        self.kept_normal: float | None = None  # the sine of the last pair of normals, not given out yet
        self._float_normal = (0.0, False)

    # -- seeding ---------------------------------------------------------------------------------
    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of ``seed``, an integer in [-2**63, 2**64); a negative one counts from 2**64. Returns the generator."""
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(1 << 63) <= seed < 1 << 64:
            raise ValueError("Overflow when unpacking long long")
        self._restart(seed)
        return self

    def seed(self) -> int:
        """Seed from the operating system's entropy; returns the seed."""
        from os import urandom

        self._restart(int.from_bytes(urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream began with."""
        return self._seed

    # -- state -----------------------------------------------------------------------------------
    def get_state_bytes(self) -> bytes:
        """The state as the 5056 bytes that ``torch.Generator.get_state`` gives."""
        words = self._ready().getstate()[1]
        position = 0 if self._fresh else words[WORDS]
        left = 1 if self._fresh else WORDS + 1 - position
        kept = 0.0 if self.kept_normal is None else self.kept_normal
        return b"".join((
            _HEAD.pack(self._seed, left, 1, position),
            _WORDS.pack(*words[:WORDS]),
            _NORMAL.pack(0.0, kept, 0.0, self.kept_normal is not None, *self._float_normal),
        ))

    def set_state_bytes(self, state: bytes) -> None:
        """Continue from a state of :meth:`get_state_bytes` or of torch."""
        if len(state) != STATE_SIZE:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_SIZE} but found the input RNG state size to be {len(state)}"
            )
        seed, left, seeded, position = _HEAD.unpack_from(state)
        if not seeded or not 0 < left <= WORDS or position > WORDS:
            raise RuntimeError("Invalid mt19937 state")
        self._restart(seed)
        self._fresh = position == 0 and left == 1
        words = [word & 0xFFFFFFFF for word in _WORDS.unpack_from(state, _HEAD.size)]
        self._engine = _engine_at(words, WORDS if left == 1 else position)
        _, kept, _, valid, float_normal, float_valid = _NORMAL.unpack_from(state, _HEAD.size + _WORDS.size)
        self.kept_normal = kept if valid else None
        self._float_normal = (float_normal, float_valid)

    def get_state(self) -> Any:
        """The state as a uint8 tensor of 5056 elements."""
        return _state_tensor(self.get_state_bytes())

    def set_state(self, new_state: Any) -> None:
        """Continue from a state of :meth:`get_state`, taken here or by torch."""
        self.set_state_bytes(_state_bytes(new_state))

    def clone_state(self) -> Generator:
        """A new generator that will draw the same numbers."""
        copy = Generator(self.device)
        copy.set_state_bytes(self.get_state_bytes())
        return copy

    def __reduce__(self) -> Any:
        return _rebuild, (self.device, self.get_state_bytes())

    def get_offset(self) -> int:
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> None:
        raise RuntimeError("CPU Generator does not use offset")

    # -- draws -----------------------------------------------------------------------------------
    def _ready(self) -> Any:
        if self._engine is None:
            self._engine = _engine_at(_knuth_words(self._seed & 0xFFFFFFFF), WORDS)
        return self._engine

    def draws(self, count: int, mask: bytes = b"") -> array[int]:
        """The next ``count`` 32-bit draws; ``mask``, if given, is the four bytes (little-endian) to keep of each."""
        if count == 0:
            return array("I")
        bits = self._ready().getrandbits(32 * count)
        self._fresh = False
        if mask:
            bits &= int.from_bytes(mask * count, "little")
        return array("I", bits.to_bytes(4 * count, "little"))

    def long_draws(self, count: int, mask: bytes = b"") -> array[int]:
        """The next ``count`` 64-bit draws, each two 32-bit draws, the first one high; ``mask`` as for the pair as drawn."""
        if count == 0:
            return array("Q")
        bits = self._ready().getrandbits(64 * count)
        self._fresh = False
        if mask:
            bits &= int.from_bytes(mask * count, "little")
        words = array("I", bits.to_bytes(8 * count, "little"))
        words[0::2], words[1::2] = words[1::2], words[0::2]
        return array("Q", words.tobytes())


def _knuth_words(seed: int) -> list[int]:
    """The 624 words that Knuth's recurrence (TAOCP volume 2, 3rd edition, page 106) makes of a 32-bit seed."""
    words = [seed]
    for i in range(1, WORDS):
        seed = (1812433253 * (seed ^ (seed >> 30)) + i) & 0xFFFFFFFF
        words.append(seed)
    return words


def _engine_at(words: Sequence[int], position: int) -> Any:
    from random import Random

    engine = Random(0)
    engine.setstate((3, (*words, position), None))
    return engine


def _rebuild(device: Any, state: bytes) -> Generator:
    generator = Generator(device)
    generator.set_state_bytes(state)
    return generator


def _device(where: Any) -> device:
    where = where if isinstance(where, device) else device(where)
    if where.type == "meta":
        raise RuntimeError("META device type not an accelerator.")
    if where.type != "cpu":
        kernels_for(where)  # raises where there is no such device
    return where


def _state_tensor(state: bytes) -> Any:
    from ..tensor import wrap  # tensors know of generators only here

    return wrap(View(kernels_for("cpu").from_bytes(state), 0, (len(state),), (1,), uint8))


def _state_bytes(state: Any) -> bytes:
    from ..tensor import Tensor

    if not isinstance(state, Tensor):
        raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
    if state.dtype is not uint8 or state.device.type != "cpu":
        raise TypeError("RNG state must be a torch.ByteTensor")
    return kernels_for("cpu").to_bytes(state._view)


default_generator = Generator()


def manual_seed(seed: Any) -> Generator:
    """Seed the default generator with ``int(seed)`` and return it.

    >>> manual_seed(0) is default_generator
    True
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator from the operating system's entropy; returns the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator's stream began with."""
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state, a uint8 tensor of 5056 elements."""
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Continue the default generator from a state of :func:`get_rng_state`."""
    default_generator.set_state(new_state)


class fork_rng:
    """Leave the default generator behind a ``with`` block as it was before.

    >>> _ = manual_seed(0)
    >>> with fork_rng():
    ...     print(rand(2))
    tensor([0.4963, 0.7682])
    >>> rand(2)
    tensor([0.4963, 0.7682])
    """

    def __init__(self, devices: Any = None, enabled: bool = True) -> None:
        self._enabled = enabled

    def __enter__(self) -> None:
        if self._enabled:
            self._state = default_generator.get_state_bytes()

    def __exit__(self, *exception: object) -> None:
        if self._enabled:
            default_generator.set_state_bytes(self._state)
