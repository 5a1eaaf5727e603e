"""Tickets of a former system: from a file to `Ticket.objects.import_thread`. See docs/import.md."""
