# make demo    set up and run the main job          make test    set up and run every test
# make setup   .venv with .venv/bin/warrantor       make check   floors, style, types
# make calibrate / make bench / make mutants         slow runs, each with its table
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check calibrate calibration bench mutants lock docs clean

help:
	@sed -n '1,3p' Makefile

# Hashes are checked for everything that is downloaded; the project itself is then installed without looking elsewhere.
$(VENV)/.runtime: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("warrantor needs Python 3.11 or newer; set PYTHON=python3.x") if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.test: requirements-test.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	touch $@

setup: $(VENV)/.runtime

demo: setup
	$(BIN)/warrantor demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

calibrate: setup
	$(BIN)/python bench/calibrate.py

calibration: $(VENV)/.test
	$(BIN)/python -m pytest -m slow

$(VENV)/.mutants: requirements-mutants.lock $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.lock
	touch $@

mutants: $(VENV)/.mutants
	$(BIN)/python tests/mutants/run.py

bench: $(VENV)/.test
	$(BIN)/python bench/reduction.py
	$(BIN)/python bench/fit.py
	$(BIN)/python bench/strata.py
	$(BIN)/python bench/outlook.py
	$(BIN)/python bench/drives.py
	$(BIN)/python bench/entitle.py
	$(BIN)/python bench/desk.py

lock:
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml lock.in -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra test pyproject.toml lock.in -c requirements.lock -o requirements-test.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --extra mutants pyproject.toml lock.in -c requirements-test.lock -o requirements-mutants.lock

clean:
	rm -rf $(VENV) demo dist build
