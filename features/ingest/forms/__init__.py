"""How values are written: dates, numbers and texts, decided by whole columns."""
