"""Statements about what a program learns with: modules, losses, optimizers."""
