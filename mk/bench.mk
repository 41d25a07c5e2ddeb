.PHONY: bench bench-quick bench-peers profile simulate

bench: $(VENV)/.bench  ## every row of docs/performance.md with its goal, JSON and plots in bench/results (minutes)
	$(BIN)/python -m bench $(ARGS)

bench-quick: $(VENV)/.bench  ## the same with fewer inputs and rounds
	$(BIN)/python -m bench --quick $(ARGS)

bench-peers: $(VENV)/.bench  ## installs the peers of pip and npm to measure beside (nginx is apt-get's)
	$(BIN)/pip install --quiet --requirement bench/peers/requirements.txt
	npm install --silent --prefix bench/results/node sharp
	$(PYTHON) -m venv .venv-thumbor
	.venv-thumbor/bin/pip install --quiet --requirement bench/peers/requirements-thumbor.txt

profile: $(VENV)/.bench  ## a flame graph of uploads, bench/results/flame.svg
	$(BIN)/python -m bench.profile $(ARGS)

simulate:  ## what docs/scaling.md says of a thousand functions and a million projects
	$(PYTHON) -m bench.simulate $(ARGS)

$(VENV)/.bench: bench/requirements.txt requirements.txt handlers/requirements.txt | $(BIN)/pip
	$(BIN)/pip install --quiet --requirement bench/requirements.txt
	touch $@ $(VENV)/.run
