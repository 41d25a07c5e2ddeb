# make bench        every row of docs/performance.md with its goal, JSON and plots in bench/results (minutes)
# make bench-quick  fewer inputs and rounds
# make bench-peers  installs the peers that pip and npm have, to be measured beside (thumbor in an environment of its
#                   own, .venv-thumbor); nginx is apt-get's
# make profile      a flame graph of uploads, bench/results/flame.svg
# make simulate     what docs/scaling.md says of a thousand functions and a million projects

.PHONY: bench bench-quick bench-peers profile simulate

bench: $(VENV)/.bench
	$(BIN)/python -m bench $(ARGS)

bench-quick: $(VENV)/.bench
	$(BIN)/python -m bench --quick $(ARGS)

bench-peers: $(VENV)/.bench
	$(BIN)/pip install --quiet --requirement bench/peers/requirements.txt
	npm install --silent --prefix bench/results/node sharp
	$(PYTHON) -m venv .venv-thumbor
	.venv-thumbor/bin/pip install --quiet --requirement bench/peers/requirements-thumbor.txt

profile: $(VENV)/.bench
	$(BIN)/python -m bench.profile $(ARGS)

simulate:
	$(PYTHON) -m bench.simulate $(ARGS)

$(VENV)/.bench: bench/requirements.txt requirements.txt handlers/requirements.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --requirement bench/requirements.txt
	touch $@ $(VENV)/.run
