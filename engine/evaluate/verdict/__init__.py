"""From the comparison to a recommendation: rules decide, sentences explain."""
