"""What is counted names nobody."""

from prometheus_client.metrics import MetricWrapperBase

from importer import telemetry


def test_no_label_can_hold_an_id() -> None:
    metrics = [one for one in vars(telemetry).values() if isinstance(one, MetricWrapperBase)]

    assert {label for one in metrics for label in one._labelnames} == {"state", "step"}
    assert len(metrics) >= 5
