"""What Account Engagement has: how an object is described, and the descriptions."""
