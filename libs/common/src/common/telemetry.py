"""Metrics that every service has. No label holds anything of a company: only kinds, topics and outcomes."""

from prometheus_client import Counter, Gauge, Histogram

RECORDS = Counter("bokbrygga_records_total", "Records consumed, by topic and outcome", ["topic", "outcome"])
OUTBOX_PUBLISHED = Counter("bokbrygga_outbox_published_total", "Events published from the outbox")
OUTBOX_WAITING = Gauge("bokbrygga_outbox_waiting", "Events in the outbox that are not yet published")
OUTBOX_TOPICS_ASIDE = Gauge("bokbrygga_outbox_topics_aside", "Topics that can't be written, whose events wait")
JOBS_WAITING = Gauge("bokbrygga_jobs_waiting", "Jobs that could run now, by kind: the figure to scale on", ["kind"])
JOBS_RUNNING = Gauge("bokbrygga_jobs_running", "Jobs that this process runs, by kind", ["kind"])
JOBS_OLDEST = Gauge("bokbrygga_jobs_oldest_seconds", "Age of the oldest job that could run now, by kind", ["kind"])
JOBS_ENDED = Counter("bokbrygga_jobs_ended_total", "Jobs ended, by kind and outcome", ["kind", "outcome"])
JOB_SECONDS = Histogram(
    "bokbrygga_job_seconds",
    "Seconds from claim to end, by kind",
    ["kind"],
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 180, 600, 1800),
)
