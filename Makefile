# From a fresh clone, with python3 and make alone:
#
#   make test           the project's own tests
#   make conformance    refimpl and every other backend found here, beside torch; the report goes to reports/
#
# Both do all of their set-up. PYTHON=... chooses the interpreter (default: python3). If that interpreter has what
# the suite needs (pyproject.toml, extras "conformance" and "dask", torch at exactly the pinned version) it is used as it is.
# Otherwise a virtual environment is made of it in VENV (default: .venv) and filled by pip, once; the stamp file in it is
# older than pyproject.toml when that must be done again. An installed torch of the pinned version is taken over
# from the interpreter instead of being downloaded. VENV= (empty) forbids all of that: PYTHON as it is, come what may.

PYTHON ?= python3
VENV ?= .venv
PROFILE ?= quick
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help test conformance bench docs pages site dist lint clean

# $(call chosen,extra): PYTHON if it meets the requirements of the extra, or of several with commas between (or VENV is empty), else the environment's python
chosen = $(if $(VENV),$(if $(shell $(PYTHON) .ci/has_extra.py $(1) && echo yes),$(PYTHON),$(VENV)/bin/python),$(PYTHON))
# $(call setup,extra,interpreter): the stamp that the interpreter waits for; nothing if PYTHON is used as it is
setup = $(if $(filter $(PYTHON),$(2)),,$(VENV)/$(1).stamp)

SUITE := conformance,dask
SUITE_PYTHON := $(if $(filter test conformance,$(MAKECMDGOALS)),$(call chosen,$(SUITE)))
DOCS_PYTHON := $(if $(filter docs site,$(MAKECMDGOALS)),$(call chosen,docs))
DIST_PYTHON := $(if $(filter dist,$(MAKECMDGOALS)),$(call chosen,dist))
LINT_PYTHON := $(if $(filter lint,$(MAKECMDGOALS)),$(call chosen,dev))

help: ## say what can be made
	@echo "make TARGET [PYTHON=python3] [VENV=.venv] [ARGS='more arguments']"
	@sed -n 's/^\([a-z]*\):.*## /\1#/p' $(MAKEFILE_LIST) | while IFS='#' read -r t d; do printf '  %-12s %s\n' "$$t" "$$d"; done

test: $(call setup,$(SUITE),$(SUITE_PYTHON)) ## the project's own tests, on all cores
	$(SUITE_PYTHON) -m pytest -n auto --maxprocesses=8 --dist worksteal $(ARGS)

conformance: $(call setup,$(SUITE),$(SUITE_PYTHON)) ## the suite on all backends present; PROFILE=quick (default), ci or thorough
	$(SUITE_PYTHON) -m conformance run --profile $(PROFILE) $(ARGS)

bench: ## refimpl's speed as ratios to the bare standard library; ARGS=--full trains all 500 steps
	$(PYTHON) -m benchmarks $(ARGS)

docs: pages site ## both of the next two

pages: ## write docs/operations/ afresh from the registry, and docs/known-differences.md
	$(PYTHON) docs/generate.py $(ARGS)

site: $(call setup,docs,$(DOCS_PYTHON)) ## build the site in site/ from docs/; a broken link ends it
	NO_MKDOCS_2_WARNING=1 $(DOCS_PYTHON) -m mkdocs build $(ARGS)

dist: $(call setup,dist,$(DIST_PYTHON)) ## build the wheel and the sdist in dist/, and try them in an empty environment
	$(DIST_PYTHON) .ci/dist.py $(ARGS)

lint: $(call setup,dev,$(LINT_PYTHON)) ## ruff and mypy
	$(LINT_PYTHON) -m ruff check .
	$(LINT_PYTHON) -m mypy

clean: ## remove the environment, reports, builds and caches
	rm -rf .venv reports build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 10) or sys.exit("Python 3.10 or newer is needed; choose one with PYTHON=...")'
	$(PYTHON) -m venv $(if $(shell $(PYTHON) .ci/has_extra.py --torch && echo yes),--system-site-packages) $(VENV)

$(VENV)/%.stamp: pyproject.toml | $(VENV)/bin/python
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@
