"""What several test files need and the product does not."""
