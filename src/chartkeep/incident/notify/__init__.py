"""Telling: who is told what, in whose words; drafts, letters, their states, and the call desk."""
