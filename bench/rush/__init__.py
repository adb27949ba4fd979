"""The last minute before a close: thousands of bids handed in by open-loop arrivals."""
