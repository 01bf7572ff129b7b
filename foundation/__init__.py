"""The shared floor: errors, ids, exact time, settings, logging, where things are kept."""
