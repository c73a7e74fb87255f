"""The child processes that work for a front end, and the light side that asks them."""
