"""The password rule (S0-110, S0-111): 8 to 32 characters, at least one letter, one digit and one symbol.

One table: the validators, the help text and the live checklist of every form read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LEAST, MOST = 8, 32
LONGEST_TRIED = 4096  # longer inputs are refused before any hashing


def is_symbol(character: str) -> bool:
    """Neither letter, digit nor white space."""
    return not (character.isalpha() or character.isdigit() or character.isspace())


@dataclass(frozen=True)
class Rule:
    """One line of the checklist. `key` is what the script beside the form tests; `met` is the truth."""

    key: str
    label: Any
    refusal: Any
    met: Callable[[str], bool]


LENGTH = Rule(
    "length",
    _("8 to 32 characters"),
    _("The password must have between 8 and 32 characters."),
    lambda password: LEAST <= len(password) <= MOST,
)
LETTER = Rule(
    "letter",
    _("One letter"),
    _("The password must contain at least one letter."),
    lambda password: any(character.isalpha() for character in password),
)
DIGIT = Rule(
    "digit",
    _("One digit"),
    _("The password must contain at least one digit."),
    lambda password: any(character.isdigit() for character in password),
)
SYMBOL = Rule(
    "symbol",
    _("One symbol"),
    _("The password must contain at least one symbol, such as - . ! or €."),
    lambda password: any(is_symbol(character) for character in password),
)
RULES = (LENGTH, LETTER, DIGIT, SYMBOL)


class RuleValidator:
    """Django's validator for one rule of the table."""

    rule: Rule

    def validate(self, password: str, user=None) -> None:
        if not self.rule.met(password):
            raise ValidationError(self.rule.refusal, code=f"password_{self.rule.key}")

    def get_help_text(self) -> str:
        return str(self.rule.label)


class LengthValidator(RuleValidator):
    rule = LENGTH


class LetterValidator(RuleValidator):
    rule = LETTER


class DigitValidator(RuleValidator):
    rule = DIGIT


class SymbolValidator(RuleValidator):
    rule = SYMBOL
