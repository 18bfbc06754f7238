# `make demo` and `make test` are all that a person needs; everything else is for those who build.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test slow clusters exports fuzz check docs bench-study bench-engines bench-conv bench-cells bench-gpu bench-coverage bench-sequences bench-series bench-epochs bench-forecast bench-text bench-language bench-photos bench-verdict calibrate hostile faults audit clean

demo: .venv/done
	$(BIN)/steadfit study digits

test: .venv/done
	$(BIN)/pytest -n 2 --dist worksteal

# What takes minutes: more random cells, and faults that they must find.
slow: .venv/done
	STEADFIT_FUZZ_CELLS=300 $(BIN)/pytest -n 2 tests/cells/test_random_cells.py tests/cells/test_triton.py \
		tests/cells/test_build.py
	$(BIN)/python tests/cells/planted_faults.py

# Studies by Ray and by jobs, with workers, drivers and machines killed: six minutes.
clusters: .venv/done
	STEADFIT_CLUSTERS=1 $(BIN)/pytest -n 0 tests/study/test_ray.py tests/study/test_slurm.py

# Every model and cell as a saved program and as ONNX, against its own predictions: six minutes.
exports: .venv/done
	$(BIN)/python tests/training/export_cases.py

# Other cells at every call; their seed is printed, and repeats them.
fuzz: .venv/done
	@export STEADFIT_FUZZ_SEED=$${STEADFIT_FUZZ_SEED:-$$(date +%s)}; \
	export STEADFIT_FUZZ_CELLS=$${STEADFIT_FUZZ_CELLS:-5000}; \
	echo "STEADFIT_FUZZ_SEED=$$STEADFIT_FUZZ_SEED, $$STEADFIT_FUZZ_CELLS cells"; \
	$(BIN)/pytest -n 2 -k "are_their_equations or by_the_interpreter" tests/cells/test_random_cells.py \
		tests/cells/test_triton.py

check: .venv/done
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports

# Measurements: nothing else should run on the machine.
bench-engines: .venv/done
	$(BIN)/python benchmarks/engines.py costs
	$(BIN)/python benchmarks/engines.py driver

bench-study: .venv/done
	$(BIN)/python benchmarks/study.py

bench-conv: .venv/done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/conv.py

bench-cells: .venv/done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/cells.py

# Six minutes on a GPU; without one it says so and fails.
bench-gpu: .venv/done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[gpu]'
	$(BIN)/python benchmarks/gpu.py

bench-sequences: .venv/done
	$(BIN)/python benchmarks/sequences.py speed

# The default of series beside the nearest neighbour, on the archives' test files.
bench-series: .venv/done
	$(BIN)/python benchmarks/series.py final

# Forecasts from rolling origins, beside simple rivals, and how often their intervals hold.
bench-forecast: .venv/done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	$(BIN)/python benchmarks/forecasting/origins.py $(STEADFIT_DATA)
	$(BIN)/python benchmarks/forecasting/coverage.py $(STEADFIT_DATA)

bench-epochs: .venv/done
	$(BIN)/python benchmarks/training/epochs.py

# How often words and intervals are right: about an hour of one core.
calibrate: .venv/done
	$(BIN)/python benchmarks/deciding/worlds.py
	$(BIN)/python benchmarks/deciding/tails.py
	$(BIN)/python benchmarks/deciding/nets.py

bench-text: .venv/done
	$(BIN)/python benchmarks/texts.py

bench-language: .venv/done
	$(BIN)/python benchmarks/language.py

# Few photos, with a pretrained network: a quarter of an hour.
bench-photos: .venv/done
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench,vision]'
	$(BIN)/python benchmarks/photos.py

bench-verdict: .venv/done
	$(BIN)/python benchmarks/deciding/verdict.py

# Files, folders and users that are not trusted: minutes. A table says what each file took.
hostile: .venv/done
	STEADFIT_FULL_SIZE=1 $(BIN)/pytest -n 0 tests/faults/test_endless_files.py
	$(BIN)/pytest -n 2 tests/faults/test_hostile_files.py tests/faults/test_second_user.py \
		tests/training/test_models_from_others.py tests/cli/test_places.py \
		tests/cli/test_text_of_others.py tests/test_foreign_code.py tests/cells/test_cache.py
	$(BIN)/python tests/faults/planted_faults.py

# And 10,000 hostile files, 100 kills, full disks: an hour.
faults: .venv/done
	STEADFIT_FULL_SIZE=1 STEADFIT_HOSTILE_FILES=10000 STEADFIT_KILLS=100 $(BIN)/pytest tests/faults

# Known vulnerabilities of the pinned versions. It asks PyPI, and fails where PyPI has not answered.
audit:
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/pip install --quiet pip-audit
	.venv/audit/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

bench-coverage: .venv/done
	$(BIN)/python benchmarks/coverage.py

docs: .venv/done
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

.venv/done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[test,docs]'
	touch .venv/done

clean:
	rm -rf .venv runs docs/_build
