# Each target sets up what it needs first, so any of them is a first command.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# uv reads its own variables only; pass on pip's local wheels, else take the CPU build of torch.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
TORCH_BACKEND := $(if $(UV_FIND_LINKS),,--torch-backend=cpu)
# Material announces another program on every build.
export NO_MKDOCS_2_WARNING := 1
ARGS ?=
# Tests wait for a third of their time, for servers and for clocks: three keep two cores busy.
WORKERS ?= 3

.PHONY: setup demo test quick torture-tiering check bench bench-search bench-tiering docs clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --compile-bytecode $(TORCH_BACKEND) -r constraints.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	$(BIN)/python -m compileall -q foundation media catalog embeddings archive_tiering indexer search_api ui scripts
	touch $(STAMP)

demo: setup
	$(BIN)/rekindle demo $(ARGS)

test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

quick: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not slow and not browser" tests/unit tests/architecture $(ARGS)

# Kills movers and restorers in the middle of what they do, a thousand times.
torture-tiering: setup
	REKINDLE_TEST_KILLS=$(or $(KILLS),1000) $(BIN)/python -m pytest -n 2 tests/faults/tiering/test_move_kill.py \
		tests/faults/tiering/test_restore_kills.py $(ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.reference --check
	$(BIN)/mkdocs build --strict --quiet

bench: setup
	$(BIN)/python -m scripts.bench $(ARGS)

bench-tiering: setup
	$(BIN)/python -m scripts.bench tiering quotes fixity $(ARGS)

# A million shots and a million passages, an hour or two of building; ARGS="--home FOLDER" keeps them for the next time.
bench-search: setup
	$(BIN)/python -m scripts.bench search_million --films $(or $(FILMS),20000) $(ARGS)

docs: setup
	$(BIN)/python -m scripts.reference
	$(BIN)/mkdocs build --strict

clean:
	rm -rf $(VENV) site build *.egg-info
