"""Statements about the graph: differentiation, flags, hooks, custom functions, modes."""
