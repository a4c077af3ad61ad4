# Every target sets up what it needs; `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: setup demo test test-slow test-all check docs site pages mission mutants bench evidence pin clean help

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
# Most of the time is compiling, which takes one core. Less effort in it saves a seventh, none costs
# what it saves, and parts that are compiled apart, for which there is no core, cost a twentieth; the
# same for both suites, so that one finds what the other has compiled.
FLAGS := XLA_FLAGS="$${XLA_FLAGS:---xla_backend_optimization_level=1 \
	--xla_cpu_parallel_codegen_split_count=1}"
# Two processes at once: with a thread each they do not wait for one another.
TESTS := $(FLAGS) NPROC=1 $(BIN)/python -m pytest -n 2 --dist

# The stamp makes a second `make` do nothing until a pin or the package's own description changes.
$(READY): constraints.txt pyproject.toml tools/bootstrap.py tools/uv.txt
	@echo "setting up .venv (the first time takes a few minutes)"
	@$(PYTHON) tools/bootstrap.py
	@touch $@

setup: $(READY)  ## make the environment in .venv

demo: $(READY)  ## plan the bundled case xiaomi-2013 and say where the report is
	@$(BIN)/beachhead demo

test: $(READY)  ## run the tests, some minutes
	@$(TESTS) worksteal

test-slow: $(READY)  ## run the tests that take longer
	@$(TESTS) loadfile --no-loadscope-reorder -m slow  # tests of a file share plans

test-all: $(READY)  ## run both at once, which takes less than one after the other
	@$(TESTS) loadfile --no-loadscope-reorder -m ""

check: $(READY)  ## check style, types and the order of the rooms
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

docs: $(READY)  ## check that the documentation agrees with the program, and its site with itself
	@$(BIN)/python -m pytest tests/test_docs.py tests/test_site.py

site: $(READY)  ## write the documentation as a site into build/site, links checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "build/site/index.html"

pages: $(READY)  ## write docs/model: a page and a picture for each mechanism
	@$(BIN)/python tools/model_pages.py

mission: $(READY)  ## plan each row of docs/mission.md with its mechanism off and on
	@$(BIN)/python tools/mission.py

mutants: $(READY)  ## change every mechanism in small ways: its tests must notice each; half an hour
	@$(BIN)/python tests/mutations.py

bench: $(READY)  ## measure speed: start-up, kernel, planning
	@set -e; for file in bench/*.py; do echo "== $$file"; $(BIN)/python $$file; done

evidence: $(READY)  ## write docs/proof anew, from tables in ../shared/data
	@.venv-uv/bin/uv pip install -q --python $(BIN)/python --group evidence
	@rm -rf runs/replay
	@set -e; for study in fortunes hazards brands precedents forecasts replay; do \
		echo "== studies/$$study.py"; $(BIN)/python studies/$$study.py; done

pin:  ## renew constraints.txt within the bounds of pyproject.toml
	@$(PYTHON) tools/bootstrap.py pin

clean:  ## remove the environment and everything made
	rm -rf .venv .venv-uv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		build dist runs
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
