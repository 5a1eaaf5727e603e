"""Random names in addresses."""


class TokenConverter:
    """Matches what `secrets.token_urlsafe` makes; whatever else stands there is no address of ours."""

    regex = "[A-Za-z0-9_-]{1,43}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
