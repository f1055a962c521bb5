"""Training runs beside torch."""
