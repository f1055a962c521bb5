"""Rows of the operations that make tensors, and of conversions."""
