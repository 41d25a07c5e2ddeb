.PHONY: reliability doctor crashes multihost histories attack mutants zoo

EVERYTHING := -m "slow or not slow" --hypothesis-profile exploring -s $(ARGS)

reliability: doctor crashes multihost histories attack  ## every figure of docs/reliability.md, in about an hour: the five that follow

doctor: $(VENV)/.test  ## doctor's tests, on a hundred thousand images too
	$(BIN)/python -m pytest tests/core/doctor $(EVERYTHING)

crashes: $(VENV)/.test  ## kills, errors and power losses at every system call on the volume
	$(BIN)/python -m pytest tests/faults tests/core/volume/test_full_disk.py $(EVERYTHING)

multihost: $(VENV)/.test  ## NFS hosts that write, die, freeze and are cut off (needs what test-hosts needs)
	$(BIN)/python -m pytest tests/multihost $(EVERYTHING)

histories: $(VENV)/.test  ## thousands of sequences against a model, and of concurrent histories
	$(BIN)/python -m pytest tests/core/projects/test_model.py tests/core/index/test_linearizability.py $(EVERYTHING)

attack: $(VENV)/.test  ## the API under generated, slow, cut-off and too many requests
	$(BIN)/python -m pytest tests/attack $(EVERYTHING)

mutants: $(VENV)/.test  ## small faults made one by one: does a test notice? (half an hour; goes on where it stopped; ARGS="--quick ROOM")
	PYTHONPATH=tests nice $(BIN)/python -m mutants $(ARGS)

zoo: $(VENV)/.test  ## what eight clients do to the others with the costliest files we can make (three minutes)
	PYTHONPATH=.:tests $(BIN)/python -m zoo $(ARGS)
