# The commands of this project. `make` alone lists them; a fresh machine needs python3.10+ and make only.

PYTHON ?= python3
WORKERS ?= 3
VENV := .venv
DBT := .cache/dbt
SPARK := .cache/spark
AXE := .cache/axe
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
CODE := sources pipelines transforms tests benchmarks docs

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types long sweep matrix objects switches dbt fivetran portable axe bench benchmarks lock build smoke clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## install the locked dependencies and this package into .venv
	@echo "Ready: $$($(RUN) --version) in $(VENV); next: make demo"

demo: $(READY) ## the whole product offline, in a minute: no account, no settings
	@$(VENV)/bin/pardot-etl demo

# Where a machine is told to write no bytecode, every worker and every process that a test starts would compile anew.
test long sweep: export PYTHONDONTWRITEBYTECODE =
test: lint types ## lint, types, and the whole test-suite
	@$(MAKE) --no-print-directory left-out
	$(RUN) -m pytest -q -n $(WORKERS) -m "not sweep and not long and not dbt" -rs
	@$(MAKE) --no-print-directory left-out

lint: $(READY) ## ruff: rules and format
	$(RUN) -m ruff check $(CODE)
	$(RUN) -m ruff format --check $(CODE)

types: $(READY) ## mypy, strict, over the packages and the tests
	$(RUN) -m mypy
	$(RUN) -m mypy $$(find tests benchmarks docs -name '*.py')

long: $(READY) ## more of what make test tries a part of: faults, switches, kills
	$(RUN) -m pytest -q -n $(WORKERS) -m "long and not sweep" -rs

sweep: $(READY) ## hours: every kill, refused write and random course of events
	$(RUN) -m pytest -q -n $(WORKERS) -m sweep

matrix: $(READY) ## every fault that a run must survive: what is expected, what was seen
	@$(RUN) tests/matrix/show.py

objects: $(READY) ## load every object of an emulated account by every way: rows, calls
	@$(RUN) tests/every_object.py

switches: $(READY) ## what the API's documentation leaves open, as the emulator's switches
	@$(RUN) docs/generate.py switches

dbt: $(READY) $(DBT)/.ready ## build the exported dbt project, in DuckDB and PostgreSQL: every cell, every data test
	@PARDOT_DBT=$(CURDIR)/$(DBT)/bin/dbt $(RUN) -m pytest -q -s -m dbt -rs tests/pipelines/test_dbt.py tests/portable/test_dbt_on_postgres.py

PACKAGES ?=
fivetran: $(READY) $(DBT)/.ready ## build fivetran/dbt_pardot, from the dbt_packages folder PACKAGES
	@PARDOT_DBT=$(CURDIR)/$(DBT)/bin/dbt PARDOT_DBT_PARDOT=$(abspath $(PACKAGES)) $(RUN) -m pytest -q -s -m dbt -rs tests/pipelines/test_dbt_pardot.py

portable: $(READY) $(SPARK)/.ready ## the models on PostgreSQL and Spark: every cell as DuckDB's, every data test
	@PARDOT_SPARK_PYTHON=$(CURDIR)/$(SPARK)/bin/python $(RUN) tests/portable/show.py

axe: $(READY) $(AXE)/.ready ## axe-core over the report and the site, light and dark: accessibility
	@PARDOT_AXE=$(CURDIR)/$(AXE)/node_modules/axe-core/axe.min.js $(RUN) -m pytest -q -s -rs tests/pipelines/test_axe.py

bench: $(READY) ## calls, seconds, CPU and memory beside the floor and the naive way
	$(RUN) benchmarks/run.py

benchmarks: $(READY) ## an hour: all of them in one run, into docs/performance.md
	$(RUN) benchmarks/growth.py --write
	$(RUN) benchmarks/noop.py --activities 100000 --rounds 2 --write
	$(RUN) benchmarks/transforms.py --activities 1000000 --changes 10000 --rounds 1 --write
	$(RUN) benchmarks/run.py --activities 1000000 --rounds 2 --naive-rows 20000 --write
	$(RUN) benchmarks/prospects.py --prospects 200000 --rounds 1 --write

lock: ## resolve both lock files anew, for every supported Python
	@sh .ci/lock

build: $(READY) ## the wheel, in dist/
	@rm -rf dist
	@$(RUN) -m hatchling build -t wheel

smoke: build ## the wheel in an empty environment: --help, then the demo
	@sh .ci/smoke $(PYTHON) dist/*.whl

clean: ## remove what the commands above have made, the environment too
	rm -rf $(VENV) .cache dist pardot-demo .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Made again only when a lock or the package's own description changes. Only the first line needs any Python.
$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "Python 3.10 or newer is needed; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(RUN) -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(RUN) -m pip install -qq --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# dbt wants other versions of what we use, so it lives apart. The lock is complete; without --no-deps pip misses the hash
# of a package that another one names with an extra.
$(DBT)/.ready: requirements-dbt.lock
	@echo "Installing dbt into $(DBT) ..."
	@$(PYTHON) -m venv $(DBT)
	@$(DBT)/bin/pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-dbt.lock
	@touch $@

# pyspark is large, and only one command needs it.
$(SPARK)/.ready: requirements-portable.lock
	@echo "Installing Spark into $(SPARK) ..."
	@$(PYTHON) -m venv $(SPARK)
	@$(SPARK)/bin/pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-portable.lock
	@touch $@

# axe-core comes from npm; its lock is beside the tests, and nothing of it enters a page that we write.
$(AXE)/.ready: tests/axe/package-lock.json
	@mkdir -p $(AXE)
	@cp tests/axe/package.json tests/axe/package-lock.json $(AXE)
	@cd $(AXE) && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: left-out
left-out:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || \
		echo "LEFT OUT: the tests that look at the report in a browser; chromium is not installed"
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || \
		echo "LEFT OUT: the tests that load PostgreSQL and build the models there; no server is installed"
