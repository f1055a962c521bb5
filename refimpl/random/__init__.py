"""Random numbers: the generators (:mod:`refimpl.random.generator`) and what is drawn from them (:mod:`refimpl.random.streams`)."""

from .generator import Generator, default_generator, fork_rng, get_rng_state, initial_seed, manual_seed, seed, set_rng_state

__all__ = ["Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]
