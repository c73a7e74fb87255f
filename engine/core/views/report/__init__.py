"""The report as parts: sections of figures, tables and charts that any form draws."""
