"""Between the app and the terminal: harmless text, filters, clipboard, bell."""
