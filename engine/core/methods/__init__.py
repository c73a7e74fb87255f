"""Every method against imbalance as data: what exists, its text form, its cost."""
