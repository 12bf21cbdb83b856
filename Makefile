# make demo | make test | make test-all   (see README.md)
VENV ?= .venv
BIN := $(VENV)/bin
PARALLEL := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: help setup demo test test-all test-slow test-full check where clean-demo
help:
	@echo "make demo      set up, then the whole job on a synthetic hospital (some ten minutes)"
	@echo "make test      set up, then the tests with the main job end to end"
	@echo "make test-all  the slow ones too: fault injection, servers, deployments"
	@echo "make test-full what takes minutes and guards what rarely changes: simulations, real ECGs, 2,000 PDFs"
	@echo "make check     lint, format, types, import rules"
	@echo "make where     write docs/architecture/where.md anew"

setup: $(VENV)/.ready
$(VENV)/.ready: pyproject.toml constraints.txt deployments/bootstrap.sh
	sh deployments/bootstrap.sh $(VENV)
	@touch $@

demo: setup
	$(BIN)/ecg demo

test: setup
	$(BIN)/pytest -m "not slow and not full" $(PARALLEL)

test-all: setup
	$(BIN)/pytest -m "not full" $(PARALLEL)

test-slow: setup
	$(BIN)/pytest -m "slow and not full" $(PARALLEL) --durations=25

test-full: setup
	$(BIN)/pytest -m full $(PARALLEL) --durations=25

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

where: setup
	$(BIN)/python docs/where.py

clean-demo:
	@home="$${ECG_HOME:-var}"; if [ -e "$$home/inbox/demo.txt" ]; then rm -rf "$$home"; else echo "no demo in $$home"; fi
