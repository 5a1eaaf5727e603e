"""Text that the database holds only encrypted, under keys made from SECRET_KEY and from the former ones."""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

# Raised for what no present key reads.
Unreadable = InvalidToken


@lru_cache(maxsize=4)
def keyring(secrets: tuple[str, ...]) -> MultiFernet:
    """Writes with the first secret, reads with all of them."""
    digests = [salted_hmac("accounts.encryption", "", secret=secret, algorithm="sha256") for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest.digest())) for digest in digests])


def keys() -> MultiFernet:
    return keyring((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def encrypt(text: str) -> str:
    return keys().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Raises Unreadable."""
    return keys().decrypt(encrypted.encode()).decode()


def is_current(encrypted: str) -> bool:
    """Whether the present key reads it, and not only a former one."""
    try:
        keyring((settings.SECRET_KEY,)).decrypt(encrypted.encode())
    except Unreadable:
        return False
    return True


def renew(encrypted: str) -> str:
    """The same text under the present key. Raises Unreadable."""
    return keys().rotate(encrypted.encode()).decode()
