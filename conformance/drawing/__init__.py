"""Drawing arguments: the pen that the rows of the catalogue draw with, and the values that are drawn."""
