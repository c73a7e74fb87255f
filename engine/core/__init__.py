"""Light values that every front end may read: what a run comes to."""
