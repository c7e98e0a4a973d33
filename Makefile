# Every target does its own set-up: a .venv in this checkout, from Python 3.11+ alone.
PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo schema keys legend types-all commands output metrics test forecasts scenes recordings movie screenshots check lint types imports interop bench reference site package sbom clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ehtui needs Python 3.11 or newer; set PYTHON=python3.11 (this is %s)" % sys.version.split()[0])'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP)

demo: $(STAMP) ## the whole thing on the embedded sandbox: real consumers, no Azure account
	@$(BIN)/ehtui demo

check: lint types imports ## lint, types and import contracts

lint: $(STAMP)
	$(BIN)/ruff format --check ehtui tests bench
	$(BIN)/ruff check ehtui tests bench

types: $(STAMP)
	$(BIN)/mypy

types-all: $(STAMP) ## the types of the package as on macOS and on Windows
	for system in darwin win32; do $(BIN)/mypy --platform $$system --always-false LINUX --cache-dir .mypy_cache/$$system ehtui || exit; done

imports: $(STAMP)
	$(BIN)/lint-imports

schema: $(STAMP) ## write ehtui/views/status.schema.json from the document's types
	$(BIN)/python -m tests.status_schema

keys: $(STAMP) ## write the tables of keys into README, docs/keys.md and config.yaml
	$(BIN)/python -m tests.key_table

legend: $(STAMP) ## write docs/legend.md: what every sign, state, column and finding means
	$(BIN)/python -m tests.legend_page

commands: $(STAMP) ## write docs/commands.md and docs/ehtui.1 from the parser
	$(BIN)/python -m tests.command_pages

output: $(STAMP) ## write docs/output.md: formats, columns of CSV, exit codes
	$(BIN)/python -m tests.output_page

metrics: $(STAMP) ## write docs/metrics.md: every metric of `ehtui metrics`
	$(BIN)/python -m tests.metrics_page

test: $(STAMP) ## the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

interop: $(STAMP) ## other people's clients and servers, counted (needs Node)
	$(BIN)/python -m tests.interop

forecasts: $(STAMP) ## 100 kills of real consumers, forecast held against takeover, into docs/forecasts.md (15 minutes)
	$(BIN)/python -m tests.forecasts

scenes: $(STAMP) ## play every scene and deployment, judge what ehtui says, write docs/scenes.md (15 minutes)
	$(BIN)/python -m tests.scenes

recordings: $(STAMP) ## play the scenes that the screenshots show, anew (8 minutes)
	$(BIN)/python -m tests.recordings

movie: $(STAMP) ## film the demo: crash, forecast, takeover; an asciicast and a GIF into screenshots/ (2 minutes)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'cairosvg>=2.7,<3' 'pillow>=10' 'pyte>=0.8'
	$(BIN)/python -m tests.snapshots.movie screenshots

screenshots: $(STAMP) ## every screen as SVG and PNG into screenshots/ (fonts: DejaVu, Noto CJK, Noto Emoji)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'cairosvg>=2.7,<3' 'pillow>=10'
	$(BIN)/python -m tests.snapshots.gallery screenshots

bench: $(STAMP) ## measure everything beside its rivals, write docs/benchmarks.md (under 10 minutes)
	$(BIN)/python -m bench

reference: $(STAMP) ## write docs/configuration.md and docs/schema.md
	$(BIN)/python -m tests.reference_pages

site: $(STAMP) ## the documentation as a site in .work/site/html, every link checked
	$(BIN)/python -m tests.site

package: $(STAMP) ## wheel and sdist into dist/, installed in a clean environment and used there
	$(BIN)/python -m tests.packaging

sbom: $(STAMP) ## dist/sbom.json: what `pip install ehtui[sandbox,metrics]` brings (CycloneDX)
	$(BIN)/python -m tests.packaging sbom

clean: ## remove what the targets made
	rm -rf .venv .work dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
