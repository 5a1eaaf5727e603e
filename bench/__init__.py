"""How fast the portal is: many tickets, production's web server, and bare Django pages beside ours. `make bench`."""
