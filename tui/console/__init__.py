"""Results as plain text, for a terminal without the app.

What belongs here: pure functions from a result document, a state or a list to
lines of text of a given width (`board`, `matrices`, `report`, `progress`,
`tables`), and what they share (`figures`, `lines`, `grid`, `style`). `live` alone
writes to a stream. Nothing here reads a store, knows Textual, or loads the
science stack; untrusted text is made harmless in `lines.paint`, the last step.
"""
