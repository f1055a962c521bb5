"""Examples: whole cases from a row of the catalogue, which of them a profile draws, and which input classes must come up."""
