"""How much faster the clock goes in the portal's processes: leases, waits and ticks are so many times shorter."""

import os

FACTOR = float(os.environ.get("FAULTS_TIMES", "1"))
