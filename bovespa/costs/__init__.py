"""What the stack costs: list prices as data, a model, and the page that is made of both."""
