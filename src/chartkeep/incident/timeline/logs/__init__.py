"""Logs of other machines: CSV, JSON and syslog of firewalls, VPNs, Windows and guards of PCs.

Each reader gives rows of words, however odd; `meaning` alone knows what the words mean.
"""
