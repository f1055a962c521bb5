"""Placeholder of the training runs."""
RUNS: dict[str, object] = {}


def train(run, backend, scale):
    raise NotImplementedError
