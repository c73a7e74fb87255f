"""Values and vocabulary, which every front end may read: light."""
