"""The oracle's rooms: calendar, one obligation, the world, counts, values, comparison. Written from docs/domain.md,
docs/lifecycle.md and docs/events.md alone."""
