"""Write a run as code, model, data or report."""
