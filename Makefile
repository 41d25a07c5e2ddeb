# `make help` lists every target. ARGS is passed on: make test ARGS="tests/core -k upload"

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SHIPPED := core handlers stack serving emulator local_server.py
REQUIRED := handlers/constraints.txt handlers/requirements.txt requirements.txt tests/requirements.txt

.PHONY: run check audit pins docs costs help

# Where it is set, as in many containers, each server and each worker of the tests would compile every file anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := run
include mk/tests.mk
include mk/deploy.mk
include mk/bench.mk
include mk/reliability.mk

run: $(VENV)/.run  ## the service on this machine, http://localhost:8001
	$(BIN)/python local_server.py $(ARGS)

check: $(VENV)/.test  ## formatting, lint, types, and bandit's search for unsafe calls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/bandit --quiet --severity-level medium --configfile pyproject.toml --recursive $(SHIPPED)

audit: $(VENV)/.test  ## known weaknesses of every package that is installed (asks pypi.org's database)
	$(PYTHON) -m venv --clear .venv-audit
	.venv-audit/bin/python -m pip install --quiet pip-audit==2.10.1
	.venv-audit/bin/python -m pip_audit --path $(VENV)/lib/python3.*/site-packages $(ARGS)

pins:  ## write tests/constraints.txt anew: the newest versions of what the tests' packages bring with them
	$(PYTHON) -m venv --clear .venv-pins
	.venv-pins/bin/python -m pip install --quiet --requirement tests/requirements.txt
	{ sed -n '/^#/p' tests/constraints.txt; .venv-pins/bin/python -m pip freeze | tr _ - | \
	    grep -vxiF $(REQUIRED:%=-f %); } > .venv-pins/pins
	mv .venv-pins/pins tests/constraints.txt
	rm -rf .venv-pins

docs: $(VENV)/.run  ## write docs/errors.md and the costs in docs/deploy.md anew
	$(BIN)/python -m docs.errors > docs/errors.md.new
	mv docs/errors.md.new docs/errors.md
	$(BIN)/python -m docs.costs --write

costs: $(VENV)/.run  ## what the stack costs a month, from template.yaml and docs/costs.py
	@$(BIN)/python -m docs.costs

help:  ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 16

# One environment, filled as far as a target needs it, and again when a list of packages changes.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
	    "imgsrv needs Python 3.11 or newer, and $(PYTHON) is not: name another one, as in make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
	    "imgsrv needs Python's venv: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.run: requirements.txt handlers/requirements.txt handlers/constraints.txt | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.test: $(REQUIRED) tests/constraints.txt | $(BIN)/pip
	$(BIN)/python -m pip install --quiet --requirement tests/requirements.txt --constraint tests/constraints.txt
	touch $@ $(VENV)/.run
