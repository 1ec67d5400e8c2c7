"""What happens without a request: checkpoints, sweeps, key rotation, the keyring's upkeep.

Owns the timetable and the leases under which only one process does what one is enough for. Leaves the work itself to
``identity``, ``access`` and ``storage``. Every job can be stopped at any point and bears being done twice.
"""

from limen.app.jobs.runner import Job, Jobs
from limen.app.jobs.schedule import timetable

__all__ = ["Job", "Jobs", "timetable"]
