"""Which of the things that a row draws are brought together in one call."""
