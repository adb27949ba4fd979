"""The expert pool beside its rows: standing and credit, the table that is imported, suggestions for keywords."""
