"""Which of the things that a row draws, and which sizes, are brought together in one call."""
