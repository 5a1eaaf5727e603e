"""The door of the web server whose processes the runner kills."""

import django

django.setup()

from faults import inside  # noqa: E402 - models exist from here on
from portal.wsgi import application  # noqa: E402

__all__ = ["application"]

inside.arrange()
