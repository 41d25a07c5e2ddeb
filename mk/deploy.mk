SAM_VENV := .venv-sam
SAM := $(SAM_VENV)/bin/sam
PIP ?= $(SAM_VENV)/bin/python -m pip
export SAM_CLI_TELEMETRY := 0

# What ships runs on the template's own Python and architecture, whatever this machine is and its shell says.
RUNTIME := $(shell sed -nE 's/^ *Runtime: python//p' template.yaml)
ARCH := $(if $(findstring arm64,$(shell sed -nE 's/^ *Architectures: *//p' template.yaml)),aarch64,x86_64)
PACKAGES := .aws-sam/packages/$(RUNTIME)-$(ARCH)

# Only an upload decodes images and parses forms.
UPLOADS := UploadImage Uploads
IMAGE_PACKAGES := pillow|pillow-heif|thumbhash|python-multipart

.PHONY: build validate deploy deploy-cdn $(UPLOADS:%=build-%)

build: $(SAM)  ## each function's folder under .aws-sam/build; prints its size and holds it to a budget
	rm -rf .aws-sam/build
	$(SAM) build
	@$(PYTHON) deploy/weigh.py .aws-sam/build $(ARCH)

# Validation needs some region, any one; everything else goes where the profile says.
validate: $(SAM) $(SAM_VENV)-checkov/bin/checkov  ## the templates and manifests, by sam, cfn-lint, Checkov and Kubernetes' schemas
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint
	$(SAM_VENV)/bin/cfn-lint template.yaml deploy/cloudfront.yaml
	$(SAM_VENV)-checkov/bin/checkov --config-file deploy/checkov.yaml -f template.yaml -f deploy/cloudfront.yaml
	$(SAM_VENV)/bin/kubernetes-validate --strict --quiet deploy/kubernetes.yaml

deploy: build  ## build, then create or update the stack (samconfig.toml)
	$(SAM) deploy $(ARGS)

deploy-cdn: $(SAM)  ## create or update the stack of CloudFront in front (docs/cdn.md)
	$(SAM) deploy --template-file deploy/cloudfront.yaml --stack-name image-service-cdn $(ARGS)

# What `sam build` calls for each function: code and pinned wheels, nothing else.
$(UPLOADS:%=build-%): $(PACKAGES)/all
	$(call assemble,$<)

build-%: $(PACKAGES)/lean
	$(call assemble,$<)

# A Python of the functions' version that really runs: one of pyenv's that is not active does not.
COMPILER = $(shell for python in python$(RUNTIME) "$$HOME"/.pyenv/versions/$(RUNTIME).*/bin/python; do \
    "$$python" -c '' 2>/dev/null && command -v "$$python" && break; done)

# Compiled here, because a function cannot write its .pyc files; unchecked, because zipping changes times.
define assemble
	mkdir -p "$(ARTIFACTS_DIR)"
	cp -R $(1)/. core handlers "$(ARTIFACTS_DIR)"
	find "$(ARTIFACTS_DIR)" -name __pycache__ -prune -exec rm -rf {} +
	rm -rf "$(ARTIFACTS_DIR)/bin"
	$(if $(COMPILER),"$(COMPILER)" -m compileall -q --invalidation-mode unchecked-hash "$(ARTIFACTS_DIR)",\
	    @! command -v python$(RUNTIME) >/dev/null || { echo "python$(RUNTIME) is there, but does not run" >&2; exit 1; }; \
	    echo "not compiled, since there is no python$(RUNTIME): cold starts will take about twice as long")
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
	$(SAM_VENV)/bin/python -m pip install --quiet aws-sam-cli==1.170.0 kubernetes-validate==1.37.0

$(SAM_VENV)-checkov/bin/checkov:
	$(PYTHON) -m venv --clear $(SAM_VENV)-checkov
	$(SAM_VENV)-checkov/bin/python -m pip install --quiet checkov==3.3.30
