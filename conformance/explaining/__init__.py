"""A case as a script of a few lines that needs only torch and the backend."""
