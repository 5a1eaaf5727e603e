# make demo and make test are all one needs; `make help` lists the rest.

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8000
SIZES ?= 10000 200000
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
POSTGRES_URL ?= postgres://postgres@127.0.0.1:5432/postgres
REDIS ?= redis://127.0.0.1:6379/0
EMBEDDED := env -u PORTAL_ENV -u DATABASE_URL -u REDIS_URL

.DEFAULT_GOAL := help
.PHONY: help install demo test test-postgres e2e bench faults lint style templates types layers django generated ci messages lock

help: ## Esta lista
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

# --- Dependencies: pip runs only when the lock changed ---------------------------------------------------------------

$(VENV)/.environment:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Hace falta Python 3.11 o posterior: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "A este Python le falta venv. En Debian y Ubuntu: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.run: requirements.txt | $(VENV)/.environment
	@echo "Instalando las dependencias (solo la primera vez)…"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt | $(VENV)/.environment
	@echo "Instalando las dependencias de desarrollo…"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements-dev.txt
	@touch $@

install: $(VENV)/.dev ## Prepara .venv con las herramientas de desarrollo

# --- Run -------------------------------------------------------------------------------------------------------------

# Another portal keeps its data apart and has the settings of its file.
LIKE ?=
SETTINGS := $(if $(LIKE),set -a && . ./portal/demo/likes/$(LIKE).env && PORTAL_VAR="$${PORTAL_VAR:-var/$(LIKE)}" &&)

demo: export PORTAL_URL ?= http://127.0.0.1:$(PORT)
demo: $(VENV)/.run ## Arranca el portal con datos de ejemplo en http://127.0.0.1:8000; LIKE=s1, s3 o s4: otro portal
	@echo "Preparando la base de datos…"
	@$(SETTINGS) $(MANAGE) migrate --verbosity 0
	@$(SETTINGS) $(MANAGE) demo --like "$(LIKE)"
	@$(SETTINGS) $(MANAGE) serve --bind 127.0.0.1:$(PORT)

# --- Check -----------------------------------------------------------------------------------------------------------

test: $(VENV)/.dev ## Las pruebas sobre SQLite, sin servidores ni navegador
	@$(EMBEDDED) $(BIN)/python -m pytest -n auto --dist loadgroup -m "not e2e"

test-postgres: $(VENV)/.dev ## Las mismas y las carreras, sobre PostgreSQL y Redis
	@DATABASE_URL="$${DATABASE_URL:-$(POSTGRES_URL)}" REDIS_URL="$${REDIS_URL:-$(REDIS)}" \
		$(BIN)/python -m pytest -n auto --dist loadgroup -m "not e2e"

e2e: $(VENV)/.dev ## Los recorridos en Chromium
	@$(EMBEDDED) DJANGO_ALLOW_ASYNC_UNSAFE=true $(BIN)/python -m pytest tests/e2e -m e2e

lint: style templates types layers django generated ## Estilo, tipos, capas, migraciones y lo que se genera

style: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

templates: $(VENV)/.dev
	git ls-files -z '*.html' | xargs -0 -r $(BIN)/djade --check --target-version 5.2

types: $(VENV)/.dev
	$(EMBEDDED) $(BIN)/mypy .

layers: $(VENV)/.dev
	$(BIN)/lint-imports

django: $(VENV)/.dev
	$(EMBEDDED) $(MANAGE) check
	$(EMBEDDED) $(MANAGE) makemigrations --check --dry-run

generated: $(VENV)/.dev
	.ci/check-generated $(abspath $(VENV))

ci: ## Las cuatro cosas; dice cuál falló
	@failed=; for part in lint test test-postgres e2e; do \
		echo "== $$part"; $(MAKE) --no-print-directory --keep-going $$part || failed="$$failed $$part"; \
	done; \
	if [ -n "$$failed" ]; then echo "Failed:$$failed"; exit 1; fi

# --- Measure ---------------------------------------------------------------------------------------------------------

bench: $(VENV)/.run ## Mide cada página con 10.000 y 200.000 tickets; SIZES="10000 1000000" mide con otros
	@$(EMBEDDED) $(BIN)/python -m bench $(SIZES)

faults: $(VENV)/.dev ## Rompe lo que rodea al portal y mira qué aguanta; CASES="F02 F17" solo esos casos
	@$(EMBEDDED) $(BIN)/python -m faults $(CASES)

# --- Generate --------------------------------------------------------------------------------------------------------

# The date of extraction goes, so that the same texts give the same files.
messages: $(VENV)/.dev ## Extrae y compila los textos de locale/
	@$(EMBEDDED) $(MANAGE) makemessages --all --no-obsolete --add-location file --ignore tests --ignore var --verbosity 0
	@sed -i.old '/^"POT-Creation-Date:/d' locale/*/LC_MESSAGES/*.po && rm -f locale/*/LC_MESSAGES/*.po.old
	@$(EMBEDDED) $(MANAGE) compilemessages --ignore .venv --verbosity 0

LOCK := $(abspath $(BIN))/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links

lock: $(VENV)/.dev ## Fija las dependencias de pyproject.toml; UPGRADE=--upgrade las renueva
	@$(LOCK) $(UPGRADE) pyproject.toml -o requirements.txt
	@$(LOCK) $(UPGRADE) --extra s3 pyproject.toml -o requirements-s3.txt
	@$(LOCK) $(UPGRADE) --extra dev pyproject.toml -o requirements-dev.txt
