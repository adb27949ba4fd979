"""Open data: rosters anyone may read, with fixed columns, as CSV and as JSON with a published schema."""
