"""The commands: one file a verb, each thin over `wiring` and the desks."""
