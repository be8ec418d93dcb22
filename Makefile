# Every target sets up .venv first; the second time that is a look at a file's date.
PYTHON ?= python3
BIN := .venv/bin
# One thread for each of the two test workers: more threads than cores wait for each other.
TEST_ENV := OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false

.PHONY: train test check format bench embedded clean

train: .venv/installed
	$(BIN)/python train.py

test: .venv/installed
	$(TEST_ENV) $(BIN)/python -m pytest

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src

format: .venv/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Ratios of CPU or wall time against plain scripts, and tokens run against the least possible.
bench: .venv/bench
	$(TEST_ENV) $(BIN)/python tests/benchmarks/reading.py
	$(TEST_ENV) $(BIN)/python tests/benchmarks/writing.py
	$(TEST_ENV) $(BIN)/python tests/benchmarks/evaluation.py
	$(TEST_ENV) $(BIN)/python tests/benchmarks/sft.py
	$(TEST_ENV) $(BIN)/python tests/benchmarks/half.py --examples 40
	$(TEST_ENV) $(BIN)/python tests/benchmarks/loading.py
	$(BIN)/python tests/benchmarks/startup.py

# Make the embedded model again, and its model card's numbers.
embedded: .venv/installed
	$(BIN)/python -m cotfaith.models.embedded.pretrain --out src/cotfaith/models/embedded/weights
	$(BIN)/python -m cotfaith.models.embedded.card --model src/cotfaith/models/embedded/weights

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -e ".[dev]" -c constraints.txt
	touch $@

.venv/bench: .venv/installed
	$(BIN)/python -m pip install --quiet -e ".[bench]" -c constraints.txt
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache
