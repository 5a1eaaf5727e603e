"""Whether the web server of this container answers; ends with an error when it does not."""

import os
import sys
from urllib.request import Request, urlopen

ADDRESS = "http://127.0.0.1:8000/salud/"


def main() -> None:
    address = sys.argv[1] if len(sys.argv) > 1 else ADDRESS
    # The portal answers only to its own names; a name that begins with a dot stands for those below it.
    host = os.environ["PORTAL_HOSTS"].split(",")[0].strip().lstrip(".")
    request = Request(address, headers={"Host": host})  # noqa: S310 (our own web server)
    urlopen(request, timeout=5).close()  # noqa: S310 (our own web server)


if __name__ == "__main__":
    main()
