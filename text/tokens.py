"""Random names in addresses."""

import secrets


def random_token() -> str:
    """128 bits: a name that nobody guesses, though it is never authority."""
    return secrets.token_urlsafe(16)


class TokenConverter:
    """Matches what `secrets.token_urlsafe` makes; whatever else stands there is no address of ours."""

    regex = "[A-Za-z0-9_-]{1,43}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
