"""What `citywatch drill` is made of: a scenario's cast, two ways to play it, the verdict, and the reports."""
