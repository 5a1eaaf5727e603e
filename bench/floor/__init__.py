"""Bare Django pages over the same database: what the portal's pages are compared with. They exist only here."""
