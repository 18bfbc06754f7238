"""steadfit measures the variance error of a network on your data, and takes it away."""
