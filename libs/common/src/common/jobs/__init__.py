"""Work that takes its time: any replica continues what a dead one began."""

from common.jobs.job import Fenced, Job
from common.jobs.store import JobStore
from common.jobs.worker import JobKind, Worker

__all__ = ["Fenced", "Job", "JobKind", "JobStore", "Worker"]
