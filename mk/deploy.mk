SAM_VENV := .venv-sam
SAM := $(SAM_VENV)/bin/sam
PIP ?= $(SAM_VENV)/bin/python -m pip
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

# What ships runs on this Python and architecture, whatever this machine is.
RUNTIME ?= 3.13
ARCH ?= aarch64
PACKAGES := .aws-sam/packages/$(RUNTIME)-$(ARCH)

# Only an upload decodes images and parses forms.
UPLOADS := UploadImage Uploads
IMAGE_PACKAGES := pillow|pillow-heif|python-multipart
# MiB unzipped; AWS allows 250. What is over the budget costs cold starts, so it is to be noticed.
BUDGET_UPLOADS := 65
BUDGET := 25

.PHONY: build validate deploy sizes $(UPLOADS:%=build-%)

build: $(SAM)  ## each function's folder under .aws-sam/build; prints its size and holds it to a budget
	rm -rf .aws-sam/build
	$(SAM) build
	@$(MAKE) --no-print-directory sizes

validate: $(SAM)  ## the template, by sam and cfn-lint
	$(SAM) validate --lint
	$(SAM_VENV)/bin/cfn-lint template.yaml

deploy: build  ## build, then create or update the stack (samconfig.toml)
	$(SAM) deploy $(ARGS)

sizes:
	@over=; for folder in .aws-sam/build/*/; do \
	    name=$$(basename $$folder); mib=$$(($$(du -sk $$folder | cut -f1) / 1024)); \
	    case " $(UPLOADS) " in *" $$name "*) budget=$(BUDGET_UPLOADS);; *) budget=$(BUDGET);; esac; \
	    echo "$$name: $$mib MiB unzipped, of $$budget"; \
	    [ $$mib -le $$budget ] || over="$$over $$name"; \
	done; \
	[ -d .aws-sam/build/UploadImage/core/__pycache__ ] || \
	    echo "not compiled, since there is no python$(RUNTIME): cold starts will take about twice as long"; \
	[ -z "$$over" ] || { echo "over the budget:$$over" >&2; exit 1; }

# What `sam build` calls for each function: code and pinned wheels, nothing else.
$(UPLOADS:%=build-%): $(PACKAGES)/all
	$(call assemble,$<)

build-%: $(PACKAGES)/lean
	$(call assemble,$<)

# Compiled here, because a function cannot write its .pyc files; unchecked, because zipping changes times.
define assemble
	mkdir -p "$(ARTIFACTS_DIR)"
	cp -R $(1)/. core handlers "$(ARTIFACTS_DIR)"
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -rf {} +
	rm -rf "$(ARTIFACTS_DIR)/bin"
	if python$(RUNTIME) -c '' 2>/dev/null; then \
	    python$(RUNTIME) -m compileall -q --invalidation-mode unchecked-hash "$(ARTIFACTS_DIR)"; fi
endef

$(PACKAGES)/all: handlers/requirements.txt handlers/constraints.txt
	$(call install,handlers/requirements.txt)

$(PACKAGES)/lean: handlers/requirements.txt handlers/constraints.txt
	mkdir -p $(PACKAGES)
	grep -vE '^-c|^($(IMAGE_PACKAGES))==' handlers/requirements.txt > $(PACKAGES)/lean.txt
	$(call install,$(PACKAGES)/lean.txt)

define install
	rm -rf $@ $@.part
	$(PIP) install --quiet --disable-pip-version-check --target $@.part --no-compile --only-binary=:all: \
	    --platform manylinux_2_28_$(ARCH) --platform manylinux2014_$(ARCH) \
	    --python-version $(RUNTIME) --implementation cp --requirement $(1) --constraint handlers/constraints.txt
	touch $@.part
	mv $@.part $@
endef

# Apart from the tests' environment: it pins other versions of what they share.
$(SAM):
	$(PYTHON) -m venv --clear $(SAM_VENV)  # what an interrupted install left would pass for whole
	$(SAM_VENV)/bin/python -m pip install --quiet aws-sam-cli==1.170.0
