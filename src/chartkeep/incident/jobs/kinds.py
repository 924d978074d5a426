"""Every question there is. To add one: a module here, and its place in this union."""

from chartkeep.incident.jobs.difference import Difference
from chartkeep.incident.jobs.drafts import Drafts
from chartkeep.incident.jobs.exposure import Exposure
from chartkeep.incident.jobs.index import Index
from chartkeep.incident.jobs.sweep import Sweep
from chartkeep.incident.jobs.timeline import How
from chartkeep.incident.jobs.trace import Trace

AnyQuestion = Difference | Drafts | Exposure | How | Index | Sweep | Trace
