"""The demo years: two agencies, their lists in every phase, played through the engine.

`timetable` interleaves stories by their clock, so that the chain is written in the order of time.
"""
