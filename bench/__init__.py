"""Benchmarks: one file per question, figures printed with machine and date beside the target."""
