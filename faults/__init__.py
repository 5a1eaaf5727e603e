"""What happens to the portal when something breaks: processes killed, servers away, disks full. `make faults`."""
