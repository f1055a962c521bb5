"""The selftest: deliberately broken backends, each of which the suite must catch in its quick profile."""
