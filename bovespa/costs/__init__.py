"""What the stack bovespa.costs: list prices as data, a model, and the page that is made of both."""
