"""Watched folders: documents, scans, ECGs, images and bundles that programs drop as files."""
