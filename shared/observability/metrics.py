"""What Prometheus reads. Labels are services, route templates, groups and topics: never a value somebody sent."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8"

disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY = CollectorRegistry()

HTTP_REQUESTS = Counter(
    "havn_http_requests_total", "Requests answered.", ["service", "method", "route", "status"], registry=REGISTRY
)
HTTP_SECONDS = Histogram(
    "havn_http_request_seconds",
    "Time from a request's headers to the end of its answer.",
    ["service", "method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=REGISTRY,
)
OUTBOX_PENDING = Gauge("havn_outbox_pending", "Events waiting for the bus.", ["service"], registry=REGISTRY)
OUTBOX_OLDEST = Gauge("havn_outbox_oldest_seconds", "Age of the oldest of them.", ["service"], registry=REGISTRY)
CONSUMER_LAG = Gauge("havn_consumer_lag", "Messages a group has yet to handle.", ["group", "topic"], registry=REGISTRY)
DEAD_LETTERS = Gauge("havn_dead_letters", "Events put aside until replayed.", ["service"], registry=REGISTRY)
DEADLINES_PASSED = Gauge("havn_deadlines_passed", "Deadlines that ran out undone.", ["kind"], registry=REGISTRY)
EVENTS_PUBLISHED = Counter("havn_events_published_total", "Events the bus took.", ["service"], registry=REGISTRY)
EVENTS_HANDLED = Counter("havn_events_handled_total", "Events that took effect.", ["service"], registry=REGISTRY)
TOKENS_REFUSED = Counter("havn_tokens_refused_total", "Access tokens refused.", ["reason"], registry=REGISTRY)
AUDIT_FAILURES = Counter("havn_audit_failures_total", "Accesses not shown for want of their line.", registry=REGISTRY)
CONNECTIONS = Gauge("havn_database_connections", "Connections in use.", ["service"], registry=REGISTRY)
MOST_CONNECTIONS = Gauge("havn_database_connections_most", "Connections at most.", ["service"], registry=REGISTRY)
LOG_KEYS_DROPPED = Counter("havn_log_keys_dropped_total", "Log keys nobody had permitted.", registry=REGISTRY)


def exposition() -> bytes:
    """All metrics of this process in Prometheus' text format (`EXPOSITION_TYPE`)."""
    return generate_latest(REGISTRY)
