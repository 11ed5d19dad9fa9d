# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV ?= .venv
# Where pip may look for torch besides the default index; README tells when this is useful.
TORCH_INDEX ?=
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
DEV_READY := $(VENV)/.ready-dev
FRAMEWORKS_READY := $(VENV)/.ready-frameworks
RUNS ?= runs
export VITALSIGNS_RUNS := $(RUNS)

.DEFAULT_GOAL := help
.PHONY: help setup demo app test check test-form test-unit test-frameworks test-cluster test-hosts test-browser faults format train-tiny gpu gpu-study clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.txt requirements-monitor.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vitalsigns needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …")'
	@echo "Setting up $(VENV): a minute or two, most of it for torch …"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX),) -r requirements.txt -e .
	touch $@

$(DEV_READY): $(READY) requirements-dev.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

setup: $(READY) ## make .venv and install the pinned requirements

# Without their requirements: SpeechBrain asks for torchaudio, which has no CPU build for this torch, Trackio for pillow < 13.
$(FRAMEWORKS_READY): $(DEV_READY) requirements-frameworks.txt
	$(PY) -m pip install --quiet --disable-pip-version-check -r requirements-frameworks.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps speechbrain==1.1.2 trackio==0.43.0
	touch $@

demo: $(READY) ## start a run that will overfit, and the dashboard that tells you so
	$(PY) -m monitor start --name demo -- $(abspath $(PY)) -m trainer --preset broken --output_dir '{run_dir}'
	$(PY) -m monitor serve

app: $(READY) ## start the dashboard alone
	$(PY) -m monitor serve

test: test-form test-unit test-frameworks test-cluster test-hosts test-browser ## formatting, lint, types, then every test, the browser's too

check: test ## the same

test-form: $(DEV_READY)
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy

test-unit: $(DEV_READY)
	$(PY) -m pytest -n 4 -m "not browser and not frameworks and not slurm and not ray and not hosts"

test-frameworks: $(FRAMEWORKS_READY)
	$(PY) -m pytest -n 3 -m frameworks tests/frameworks tests/launcher tests/trainer

# The tests start and stop their own clusters, one of each kind (tests/cluster/conftest.py); at most six minutes.
test-cluster: $(FRAMEWORKS_READY) ## runs as jobs of a real SLURM and of a real Ray, where they can be installed
	@kinds=; if sh scripts/ensure_slurm.sh --install; then kinds=slurm; \
	else echo "Left out: the tests with a real SLURM (tests/cluster), for the reason above."; fi; \
	if sh scripts/ensure_ray.sh --install $(PY); then kinds="$${kinds:+$$kinds or }ray"; \
	else echo "Left out: the tests with a real Ray (tests/cluster), for the reason above."; fi; \
	if [ -n "$$kinds" ]; then $(PY) -m pytest -n 2 -rs -m "$$kinds" tests/cluster; fi

test-hosts: $(DEV_READY) ## runs of another host over a real sshd on loopback, where one can be installed
	@if sh scripts/ensure_sshd.sh; then $(PY) -m pytest -n 3 -rs -m "hosts and not browser" tests/hosts tests/attacks/test_hosts.py; \
	else echo "Left out: the tests with a real sshd (tests/hosts), for the reason above."; fi

test-browser: $(DEV_READY)
	sh scripts/ensure_browser.sh $(PY)
	$(PY) -m pytest -n 2 -m browser tests/browser

faults: $(DEV_READY) ## the long form of the fault suite: 1,000 kills, 10,000 damaged runs … and a table
	VITALSIGNS_FAULTS=long $(PY) -m pytest -n 2 tests/faults

format: $(DEV_READY) ## put the code in shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

train-tiny: $(READY) ## train a small run in this terminal, about half a minute
	$(PY) -m trainer --preset broken --epochs 5 --output_dir $(RUNS)/tiny-$$(date +%Y%m%d-%H%M%S)

gpu: $(READY) ## measure the trainer on this machine's GPU: six minutes at most; without one, a toy on the CPU
	$(PY) -m benchmarks.trainer_gpu --out gpu-results

gpu-study: $(READY) ## train broken and fixed at full width on the GPU: about three minutes; without one, a toy on the CPU
	$(PY) -m benchmarks.trainer_gpu.study --out gpu-results

clean: ## remove .venv and caches; runs stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .hypothesis
