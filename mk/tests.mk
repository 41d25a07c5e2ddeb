# What `make test` leaves out needs more than pip: each kind has a marker in pyproject.toml and a target here.
# What each needs, installs and takes is in the README; .ci/run runs them all.

.PHONY: test test-hosts test-build test-clients test-browser fuzz fuzz-http

# Five workers for two cores, since many tests wait. Work is stolen test by test, so that all end together; a worker
# starts each shared server once, which is why there are not more.
PARALLEL = --numprocesses $(shell echo $$((($$(getconf _NPROCESSORS_ONLN) * 5 + 1) / 2))) --dist worksteal

test: $(VENV)/.test  ## every test that needs nothing but pip, with coverage
	$(BIN)/python -m pytest --cov $(PARALLEL) $(ARGS)

test-hosts: $(VENV)/.test  ## several NFS hosts on one volume, booted here (root, /dev/net/tun, user-mode-linux)
	$(BIN)/python -m pytest tests/multihost -m "hosts and not slow" $(ARGS)

test-build: $(VENV)/.test  ## make validate and make build, and each function run from its built folder (installs SAM)
	@$(MAKE) --no-print-directory validate build
	$(BIN)/python -m pytest tests/deploy -m build $(ARGS)

test-clients: $(VENV)/.clients  ## uploads by tus-js-client and tuspy, large and interrupted; generated clients (Node.js, npm)
	$(BIN)/python -m pytest tests/clients -m clients $(ARGS)

test-browser: $(VENV)/.clients  ## the usual uploaders and the documented code in a real Chromium, from another origin (Node.js, npm, chromium)
	$(BIN)/python -m pytest tests/browser -m browser $(ARGS)

$(VENV)/.clients: tests/clients/requirements.txt tests/clients/package.json $(VENV)/.test
	$(BIN)/python -m pip install --quiet --requirement tests/clients/requirements.txt
	npm ci --silent --prefix tests/clients
	touch $@

fuzz: $(VENV)/.test  ## 100,000 mutated files through the decoders; a stopped run goes on; ARGS="--files N"
	PYTHONPATH=.:tests nice $(BIN)/python -m fuzz $(ARGS)

fuzz-http: $(VENV)/.test  ## mutated files over HTTP, eight clients at once; ARGS="--files N"
	PYTHONPATH=.:tests nice $(BIN)/python -m fuzz.http $(ARGS)
