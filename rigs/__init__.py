"""Servers that measurements and fault tests make for themselves, on this machine alone, and that end with them."""
