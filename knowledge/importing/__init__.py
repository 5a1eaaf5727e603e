"""Articles of a former help: from a folder to `Article`, file by file. See docs/import.md."""
