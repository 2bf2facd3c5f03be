# The commands of this repository; `make demo` and `make test` need no prior step.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TIMES  ?= 1
export PYTHON

.PHONY: help setup demo test interop nightly check unit lint fuzz bench docs clean

help:            ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: pyproject.toml
	@tools/system-packages run
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(VENV)/.dev  ## virtual environment with everything for development

demo: $(VENV)/.run  ## Figure 1 on real packets: a UE registers over two pairs of SAs, UDP and TCP
	@$(BIN)/twopair demo figure1

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache > $(VENV)/lint-imports.log 2>&1 || { cat $(VENV)/lint-imports.log; exit 1; }

unit: $(VENV)/.dev
	@$(BIN)/python -m pytest -q -n auto -m "not lab and not peer and not slow"

check: lint unit  ## lint, types, layers, fast tests: under two minutes

test: $(VENV)/.dev  ## every test that this machine can run
	@tools/system-packages test
	@$(MAKE) --no-print-directory lint
	@$(BIN)/python -m pytest -q -n auto -m "not lab and not peer"
	@$(BIN)/python -m pytest -q -n auto tests/interop/test_kernel.py
	@$(BIN)/python -m pytest -q -m "lab or peer" --ignore tests/interop/test_kernel.py

interop: $(VENV)/.dev  ## our UEs at Kamailio's P-CSCF, in a kernel with ESP; TIMES=20 for twenty times in a row
	@tools/system-packages test
	@TWOPAIR_TIMES=$(TIMES) $(BIN)/python -m tests.uml $$((5 + 3 * $(TIMES))) tests/interop/kamailio/test_life.py

nightly: $(VENV)/.dev  ## 10,000 simulated days, other ones each night
	@TWOPAIR_DAYS=10000 TWOPAIR_FIRST_SEED=$${SEED:-$$(date +%Y%m%d)0000} \
		$(BIN)/python -m pytest -q tests/sim/test_days.py

fuzz: $(VENV)/.dev  ## 10^6 fuzzed SIP inputs under atheris
	@$(BIN)/python tests/fuzz/fuzz_sip.py -runs=1000000 -max_len=2048

bench: $(VENV)/.dev  ## every benchmark, with the peers beside it
	@tools/system-packages bench
	@$(BIN)/python -m benchmarks

docs: $(VENV)/.dev  ## generate the reference pages and figures from the code
	@$(BIN)/python tools/generate-docs

clean:           ## remove what make made
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
