# make reliability   every figure of docs/reliability.md, in about an hour; or one part of it:
# make crashes       kills, errors and power losses at every system call on the volume
# make multihost     several NFS hosts that write, die, freeze, are cut off (root; see tests/multihost)
# make doctor        doctor's tests, on a hundred thousand images too
# make histories     thousands of sequences against a model, and of concurrent histories
# make attack        the API under generated, slow, cut-off and too many requests

.PHONY: reliability doctor crashes multihost histories attack

EVERYTHING := -m "slow or not slow" -s $(ARGS)

reliability: doctor crashes multihost histories attack

doctor: $(VENV)/.test
	$(BIN)/python -m pytest tests/core/doctor $(EVERYTHING)

crashes: $(VENV)/.test
	$(BIN)/python -m pytest tests/faults tests/core/test_full_disk.py $(EVERYTHING)

multihost: $(VENV)/.test
	$(BIN)/python -m pytest tests/multihost $(EVERYTHING)

histories: $(VENV)/.test
	$(BIN)/python -m pytest tests/core/test_model.py tests/core/test_linearizability.py $(EVERYTHING)

attack: $(VENV)/.test
	$(BIN)/python -m pytest tests/attack $(EVERYTHING)
