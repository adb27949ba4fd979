"""`make bench`: figures for later work to compare with. Never part of the tests."""
