"""推演: a list is run through a synthetic call before it is published, and nothing of it is kept."""
