"""Documents that repeat what code says are compared with it."""

import re

import pytest
from django.conf import settings

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *(f"docs/{name}.md" for name in ("architecture", "glossary", "operations", "rules")),
]


def read(path: str) -> str:
    return (settings.BASE_DIR / path).read_text()


def rules_in(text: str) -> set[str]:
    """S0-18…S0-21 stands for the four of them."""
    found = set(re.findall(r"\bS\d-\d+\b", text))
    for manual, first, last in re.findall(r"\bS(\d)-(\d+) ?… ?S\d-(\d+)\b", text):
        found |= {f"S{manual}-{number}" for number in range(int(first), int(last) + 1)}
    return found


def test_every_variable_that_the_settings_read_is_explained():
    read_by_settings = set(re.findall(r"""(?:environment|url)\.\w+\(\s*"([A-Z_]+)\"""", read("portal/settings.py")))
    explained = set(re.findall(r"`([A-Z_]+)`", read("docs/operations.md")))

    assert len(read_by_settings) > 20
    assert read_by_settings <= explained


def test_every_rule_that_code_cites_is_explained():
    code = [path for path in settings.BASE_DIR.glob("*/**/*.py") if ".venv" not in path.parts]
    cited = set().union(*(rules_in(path.read_text()) for path in code))

    assert "S0-85" in cited
    assert cited <= rules_in(read("docs/rules.md"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_documents_lead_somewhere(document):
    folder = (settings.BASE_DIR / document).parent
    links = re.findall(r"(?<!!)\[[^]]*\]\(((?!https?:)[^)#]+)", read(document))

    assert [link for link in links if not (folder / link).exists()] == []
