"""OHIF, a full viewer, served as it was published, on an origin of its own.

The npm package `@ohif/app` (MIT) is too big for this repository: `make viewer` fetches and checks
it. docs/decisions/0019-the-viewer-has-no-token.md says how it reaches pictures, and why so.
"""
