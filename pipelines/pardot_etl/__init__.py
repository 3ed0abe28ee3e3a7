"""From Account Engagement to reports: runs the source, loads, transforms, publishes and summarises."""
