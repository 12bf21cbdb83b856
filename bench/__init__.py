"""``ecg bench``: what this machine does per second, beside what the bare tool or plain copying would do."""

from bench.bench import bench

__all__ = ["bench"]
