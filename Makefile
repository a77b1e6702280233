# Each target does its own set-up: Python 3.11 or later, make and a package registry suffice.
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
PYTEST_FLAGS ?=
COVERAGE ?=
COVER := $(if $(COVERAGE),--cov --cov-report=,)

.PHONY: demo test lint types check bench soak cassettes wheel clean

demo: $(STAMP)  ## sync, tie out and age made-up companies of local stand-ins
	$(VENV)/bin/recoup demo

test: $(STAMP)  ## the whole test suite
	$(VENV)/bin/python -m pytest -n 2 --dist loadfile $(COVER) $(PYTEST_FLAGS)

lint: $(STAMP)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python tools/scan_secrets.py

types: $(STAMP)
	$(VENV)/bin/mypy
	$(VENV)/bin/basedpyright

check: lint types test  ## everything a change needs before it is committed

bench: $(STAMP)  ## every benchmark; exits 1 below a target
	$(VENV)/bin/python -m pip install --quiet 'dlt[sqlalchemy]'
	$(VENV)/bin/python -m benchmarks.run

soak: $(STAMP)  ## 1,000 random histories per ledger with kills, throttling and token expiry
	$(VENV)/bin/python -m pytest -m soak -s tests/soak tests/sync/writing $(PYTEST_FLAGS)

cassettes: $(STAMP)  ## record the QuickBooks HTTP cassettes anew from its stand-in
	RECOUP_RECORD=1 $(VENV)/bin/python -m pytest tests/plugins/quickbooks/test_cassettes.py $(PYTEST_FLAGS)

wheel: $(STAMP)
	$(VENV)/bin/python -m build --outdir dist .

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("recoup needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --upgrade pip
	$(VENV)/bin/python -m pip install --quiet --editable '.[dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) dist build .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache
