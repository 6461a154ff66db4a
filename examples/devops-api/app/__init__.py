"""An item API that shows its own workings: JSON logs and Prometheus metrics."""
