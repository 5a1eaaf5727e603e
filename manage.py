#!/usr/bin/env python3
"""Django's command line for this project."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if sys.argv[1:2] != ["serve"]:  # its children answer people; a migration may take its time
        os.environ.setdefault("PORTAL_STATEMENT_SECONDS", "0")
    execute_from_command_line(sys.argv)
