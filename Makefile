.PHONY: demo test serve check checkers generate bench fuzz faults cluster-test install lock

PYTHON ?= python3
BIN := .venv/bin

# Everything from the package registries, at the locked versions, into .venv.
install: .venv/.installed

.venv/.installed: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

# Splits real recordings and transcribes one while drawing progress, shows what came out and its proof, and exits 0.
demo: install
	$(BIN)/python scripts/demo.py

# Everything that CI runs.
test: check checkers
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The service, embedded: server, gateway and worker in one process.
serve: install
	$(BIN)/zerokerf serve

# Everything that needs no service: stubs, protos, style, types, arrows between rooms, links in the docs.
check: install
	sh scripts/check.sh

# Programs of others that look for faults in our files, where they can be installed.
checkers:
	sh scripts/checkers.sh

generate: install
	sh scripts/generate.sh

# Measures what docs/benchmarks.md states.
bench: install
	$(BIN)/python -m benchmarks

# Looks for inputs that our own parsers cannot take, a minute for each: nothing is found when all is well.
fuzz: install
	$(BIN)/python -m fuzz --seconds 60

# Kills parts of the service under load, so often: nothing is lost, doubled, untrue or left when all is well.
KILLS ?= 100
faults: install
	$(BIN)/python -m scripts.faults --kills $(KILLS)

# The end-to-end tests and the short faults against a cluster of plain processes.
cluster-test: install
	ZEROKERF_TEST_CLUSTER=1 $(BIN)/python -m pytest tests/cluster tests/end_to_end tests/faults/test_chaos_short.py

# Takes newer versions of everything, within the bounds of pyproject.toml.
lock: install
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --upgrade \
	  pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/python scripts/check_deploy.py --write
