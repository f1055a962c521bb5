"""Special functions, element by element: what torch.special has beyond the pointwise room."""
