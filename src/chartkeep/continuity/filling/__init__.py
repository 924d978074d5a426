"""From the opened resources of one chart to its sheet: pure, one module for each part of it."""
