"""Settings of the test run: the product's own, with a folder that goes away and passwords that hash at once."""

from pathlib import Path
from tempfile import TemporaryDirectory

from portal.settings import *  # noqa: F403
from portal.settings import DATABASES

_folder = TemporaryDirectory(prefix="portal-test-", ignore_cleanup_errors=True)
VAR_DIR = Path(_folder.name)
FILES_ROOT = VAR_DIR / "files"

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads meet the same locks as in a real installation; a test needs no protection from power cuts.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;"
    )

# Both of the same place: what a test clears is cleared.
CACHES = {name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"} for name in ("default", "process")}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Look each static file up when it is asked for, instead of reading all of them for every test client.
WHITENOISE_AUTOREFRESH = True
MAIL_SERVER = None
CLAMAV_SOCKET = None
MAIL_HOLD = False
STAFF_SECOND_FACTOR = False
