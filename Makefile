# The commands of this repository; `make demo` and `make test` need no prior step.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
TIMES  ?= 1
KILLS  ?= 100
UES    ?= 200
BACKEND ?= kernel
MOVES  ?= 8
CALLS  ?= 200
QUICK  ?=
WHEELS ?=
STAGES := $(BIN)/python -m tools.stages
export PYTHON

.PHONY: help setup demo test interop cores kills moves calls workers nightly check unit lint fuzz bench docs wheel deb clean

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
	@$(STAGES) lint

unit: $(VENV)/.dev
	@$(STAGES) unit

check: $(VENV)/.dev  ## lint, types, layers, fast tests: under two minutes
	@$(STAGES) check

test: $(VENV)/.dev  ## every test that this machine can run; a stage that fails hides none behind it
	@$(STAGES) test

interop: $(VENV)/.dev  ## our UEs at Kamailio's P-CSCF, in a kernel with ESP; TIMES=20 for twenty times in a row
	@tools/system-packages test
	@TWOPAIR_TIMES=$(TIMES) $(BIN)/python -m tests.uml $$((5 + 3 * $(TIMES))) tests/interop/kamailio/test_life.py

cores: $(VENV)/.dev  ## our P-CSCF, UEs and HSS with Kamailio's I-CSCF and S-CSCF over Cx; TIMES=20 for twenty times in a row
	@tools/system-packages test
	@TWOPAIR_TIMES=$(TIMES) $(BIN)/python -m pytest -q tests/interop/kamailio_cores

kills: $(VENV)/.dev  ## kill -9 of the P-CSCF, 100 times, under load of 200 UEs; BACKEND=userspace KILLS=20
	@tools/system-packages test
	@$(BIN)/python -m tests.interop.kills --backend $(BACKEND) --kills $(KILLS) --ues $(UES) $${SEED:+--seed $$SEED}

moves: $(VENV)/.dev  ## a P-CSCF goes from host to host, handed over and lost, with 50 UEs; BACKEND=userspace MOVES=8
	@tools/system-packages test
	@$(BIN)/python -m tests.interop.moves --backend $(BACKEND) --moves $(MOVES) $${SEED:+--seed $$SEED}

calls: $(VENV)/.dev  ## the matrix of calls between a UE and SIPp, through ESP; CALLS=200
	@tools/system-packages test
	@$(BIN)/python -m tests.interop.calls --calls $(CALLS)

workers: $(VENV)/.dev  ## a worker of two is killed under load of 200 UEs; TIMES=3 for three times
	@for n in $$(seq $(TIMES)); do \
		TWOPAIR_UES=$(UES) $(BIN)/python -m pytest -q tests/interop/test_workers.py -k killed || exit; done

nightly: $(VENV)/.dev  ## 10,000 simulated days, other ones each night; all programs and networks on both wheels
	@TWOPAIR_FIRST_SEED=$${SEED:-$$(date +%Y%m%d)0000} $(STAGES) nightly

fuzz: $(VENV)/.dev  ## 10^6 fuzzed inputs for every reader under atheris, and as many SIP ones read in C and in Python
	@for target in $(or $(TARGET),$$($(BIN)/python -m tests.fuzz.targets)); do \
		$(BIN)/python -m tests.fuzz.guided $$target -runs=1000000 -max_len=2048 || exit 1; done
	@$(BIN)/python -m tests.fuzz.differential 1000000

bench: $(VENV)/.dev  ## every benchmark, with the peers beside it; QUICK=1 for the program beside Kamailio alone
	@tools/system-packages bench
	@$(BIN)/python -m benchmarks $(if $(QUICK),--quick) $(addprefix --wheel ,$(WHEELS))

docs: $(VENV)/.dev  ## generate the reference pages and figures from the code
	@$(BIN)/python tools/generate-docs

wheel: $(VENV)/.dev  ## both wheels, in dist/: compiled for this Python, and pure
	@$(BIN)/python -m tools.wheels

deb: $(VENV)/.run  ## the P-CSCF as a service: a Debian package, in dist/
	@tools/system-packages deb
	@BIN=$(BIN) tools/build-deb

clean:           ## remove what make made
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
