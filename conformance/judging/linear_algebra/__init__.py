"""Judging linear algebra: by how far results move, and by the equations that define them."""
