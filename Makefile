# make run    the service on this machine, http://localhost:8001
# make test   every test
# make check  formatting, lint, types
# make fuzz   100,000 mutated files through the decoders; ARGS="--files N"; a stopped run goes on
# (mk/deploy.mk has build, validate and deploy; mk/bench.mk has bench, bench-quick and profile;
# mk/reliability.mk has reliability, doctor, crashes, multihost, histories and attack)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check fuzz

.DEFAULT_GOAL := run
include mk/deploy.mk
include mk/bench.mk
include mk/reliability.mk

run: $(VENV)/.run
	$(BIN)/python local_server.py $(ARGS)

test: $(VENV)/.test
	$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fuzz: $(VENV)/.test
	PYTHONPATH=.:tests nice $(BIN)/python -m fuzz $(ARGS)

# One environment, filled as far as a target needs it, and again when a list of packages changes.
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt handlers/requirements.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/.test: tests/requirements.txt requirements.txt handlers/requirements.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --requirement tests/requirements.txt
	touch $@ $(VENV)/.run
