"""Intake: what sellers post and what shares hold, read by a process that holds nothing else."""
