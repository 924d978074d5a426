"""The ward pack's page: one HTML file that opens the sealed charts of a ward with no help at all.

`rendering.render` makes it. Template, style, scripts and words lie beside it, are read once, and
stand in the file as they are here: what a browser runs is what a reader of this folder reads.
"""
