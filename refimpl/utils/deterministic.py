"""A switch of torch's deterministic algorithms: it can be read and set, and changes nothing."""

__all__ = ["fill_uninitialized_memory"]

fill_uninitialized_memory = True  # memory is filled with zeros here
