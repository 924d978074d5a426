"""The console: pages for people, drawn by the server; one of the doors."""
