"""The incident desk's door: cases as JSON over HTTP, for the console and for scripts."""
