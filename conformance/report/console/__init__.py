"""What a person at a terminal, or a continuous integration, is told."""
