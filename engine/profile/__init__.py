"""What is known of a dataset before learning: findings, and advice on them."""
