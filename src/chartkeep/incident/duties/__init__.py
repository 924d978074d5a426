"""Who must be told, by when: each law's rule as a data file, applied to what a case knows."""
