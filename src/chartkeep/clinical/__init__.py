"""What FHIR R4 means to this house: whose chart, which section, which keywords.

Everything here is pure: values in, values out, besides reading its own packaged tables.
It does not know files, bundles, keys or people who look.
"""
