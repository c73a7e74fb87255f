"""The methods and models to compare, the budget and the costs."""
