"""Graphs of torch.export, node by node on refimpl: by the names under which the tests know them."""

from conformance.backends.graphs.exported import as_refimpl, core_graph, run

__all__ = ["as_refimpl", "core_graph", "run"]
